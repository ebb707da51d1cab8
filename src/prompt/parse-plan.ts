import { withoutThoughts } from "../without-thoughts.ts";

export type Plan =
  | { readonly kind: "instructions"; readonly instructions: readonly string[]; readonly lenient?: true }
  | { readonly kind: "empty"; readonly lenient?: true }
  | { readonly kind: "policy_failure"; readonly reason: string };

/** What may stand around a plan: nothing, or what chat models put there. */
export type PlanFormat = "strict" | "lenient";

/** A tag of the format. Other angle brackets are text. */
const TAG = /<(\/?)(thinking|instructions|instruction)>/g;
/** What was meant as one: in another case, with attributes or white space, closing itself. */
const ODD_TAG = /<\s*\/?\s*(?:thinking|instructions|instruction)(?:\s[^<>]*|\s*\/)?>/gi;
/** Characters of such a tag that are shown. */
const SHOWN = 60;
const CLOSE = "</instructions>";
/** Thoughts belong before a plan; in an instruction they would be drawn. */
const THOUGHT = /<\/?think\b/i;
const FENCE = /^\s*```[\w-]*[^\S\n]*\n/;

interface Tag {
  /** "<thinking>", "</instructions>", … */
  readonly name: string;
  /** The text between the tag before and this one. */
  readonly before: string;
}

/**
 * Reads a planner's completion: `<thinking>…</thinking><instructions><instruction>…</instruction>…</instructions>`.
 *
 * Tolerated: white space between and inside the blocks, line breaks inside a text, no thinking block at all, an empty
 * thinking block, other angle brackets ("a < b", "<b>"), the same instruction twice.
 *
 * `lenient` tolerates too what chat models write around it: thoughts before it (`<think>…</think>`), a code fence around
 * it, a remark behind it. A plan that only so can be read says that it is `lenient`.
 *
 * A policy failure: output cut at max_new_tokens (even if it looks whole: the policy did not end it), a tag that is
 * missing, unclosed, nested, repeated, out of order, in other letters' case or with attributes, text outside the blocks,
 * an empty instruction, more instructions than allowed. Too many are not truncated: a preference for a text would then
 * rest on views of half of it, and training would teach the policy to write what nobody renders.
 *
 * `<instructions></instructions>` is `empty`: the policy says that no view is needed.
 */
export function parsePlan(text: string, finish: "stop" | "length", maxInstructions: number, format: PlanFormat): Plan {
  if (finish === "length") return failure("the output was cut at max_new_tokens");
  const plan = parse(text, maxInstructions);
  if (plan.kind !== "policy_failure" || format === "strict") return plan;
  const again = parse(withoutSurroundings(text), maxInstructions);
  return again.kind === "policy_failure" ? again : { ...again, lenient: true };
}

/** The text without thoughts, a fence and a closing remark; one that has tags is no remark. */
function withoutSurroundings(text: string): string {
  const said = withoutThoughts(text).replace(FENCE, "");
  const end = said.indexOf(CLOSE) + CLOSE.length;
  return said.includes(CLOSE) && said.slice(end).search(ODD_TAG) < 0 ? said.slice(0, end) : said;
}

function parse(text: string, maxInstructions: number): Plan {
  const odd = text.match(ODD_TAG)?.find((tag) => tag.search(TAG) < 0);
  if (odd !== undefined) return failure(`there is a tag in another form than the format's: ${odd.slice(0, SHOWN)}`);
  const { tags, rest } = readTags(text);
  let next = 0;
  const take = (name: string): Tag | undefined => (tags[next]?.name === name ? tags[next++] : undefined);

  if (tags[0] && tags[0].before !== "") return failure("there is text before the first block");
  if (take("<thinking>") && !take("</thinking>")) return failure("the thinking block is not closed or has a tag in it");
  const open = take("<instructions>");
  if (!open) return failure("the instructions block is missing");
  if (open.before !== "") return failure("there is text between the blocks");

  const instructions: string[] = [];
  for (let start = take("<instruction>"); start; start = take("<instruction>")) {
    const end = take("</instruction>");
    if (start.before !== "") return failure("there is text outside the instructions");
    if (!end || THOUGHT.test(end.before)) return failure("an instruction is not closed or has a tag in it");
    if (end.before === "") return failure("an instruction is empty");
    instructions.push(end.before);
  }
  const close = take("</instructions>");
  if (!close) return failure("the instructions block is not closed or has a wrong tag in it");
  if (close.before !== "") return failure("there is text outside the instructions");
  if (next < tags.length || rest !== "") return failure("there is text after the instructions block");
  if (instructions.length > maxInstructions) {
    return failure(`there are ${instructions.length} instructions; at most ${maxInstructions} are allowed`);
  }
  return instructions.length === 0 ? { kind: "empty" } : { kind: "instructions", instructions };
}

function readTags(text: string): { tags: Tag[]; rest: string } {
  const tags: Tag[] = [];
  let end = 0;
  for (const match of text.matchAll(TAG)) {
    tags.push({ name: match[0], before: text.slice(end, match.index).trim() });
    end = match.index + match[0].length;
  }
  return { tags, rest: text.slice(end).trim() };
}

function failure(reason: string): Plan {
  return { kind: "policy_failure", reason };
}
