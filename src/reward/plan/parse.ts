import type { Actions } from "./actions.ts";

/** A line of a plan that is an action by its form. */
export interface PlannedAction {
  /** As the table of actions writes it; as the plan does, where the table has none. */
  readonly verb: string;
  readonly args: readonly string[];
  /** Characters of the text that it takes, the end not among them. */
  readonly from: number;
  readonly to: number;
}

export interface ParsedPlan {
  readonly actions: readonly PlannedAction[];
  /** Is there text that is no action? */
  readonly spurious: boolean;
}

/** "2. Pick(apple)", "- Pick (apple)": a word with something in brackets. */
const CALL = /^(?:\d+[.):]\s*|[-*•]\s+)?([A-Za-z_]+)\s*\(([^()]*)\)\s*[.;,]?$/;
/** "Pick up the apple": only of words that are actions, or every sentence would be one. */
const PHRASE = /^(?:\d+[.):]\s*|[-*•]\s+)?([A-Za-z_]+)\s+(.+?)\s*[.;,]?$/;
/** "Pick)", "Pick(apple", "Pick": an action of which nothing can be read but its name. */
const NAME = /^(?:\d+[.):]\s*|[-*•]\s+)?([A-Za-z_]+)/;
const PREPOSITION = /^(?:to|up|on|onto|in|into|at|down|it)\s+/i;

/**
 * Reads a plan, an action a line. null where no line is one. A line that names an action and garbles the rest is one, on
 * nothing: as mere text it would cost less than a wrong action, and a policy that is rewarded learns to write it.
 */
export function parsePlan(text: string, actions: Actions): ParsedPlan | null {
  const verbs = new Map(Object.keys(actions).map((verb) => [verb.toLowerCase(), verb]));
  const found: PlannedAction[] = [];
  let spurious = false;
  let from = 0;
  for (const line of text.split("\n")) {
    const action = actionOf(line.trim(), verbs);
    const start = from + line.length - line.trimStart().length;
    if (action) found.push({ ...action, from: start, to: start + line.trim().length });
    else if (line.trim() !== "") spurious = true;
    from += line.length + 1;
  }
  return found.length === 0 ? null : { actions: found, spurious };
}

function actionOf(line: string, verbs: ReadonlyMap<string, string>): Pick<PlannedAction, "verb" | "args"> | undefined {
  const call = CALL.exec(line);
  if (call) {
    const [, word = "", inside = ""] = call;
    const args = inside
      .split(",")
      .map(thing)
      .filter((each) => each !== "");
    return { verb: verbs.get(word.toLowerCase()) ?? word, args };
  }
  const [, word = "", rest = ""] = PHRASE.exec(line) ?? [];
  const phrased = verbs.get(word.toLowerCase());
  if (phrased !== undefined) return { verb: phrased, args: [thing(rest.replace(PREPOSITION, ""))] };
  const verb = verbs.get(NAME.exec(line)?.[1]?.toLowerCase() ?? "");
  return verb === undefined ? undefined : { verb, args: [] };
}

/** A thing as plans are compared by: "the Red_Cup" is "red cup". */
export function thing(name: string): string {
  return name
    .replaceAll("_", " ")
    .replaceAll(/["']/g, "")
    .trim()
    .toLowerCase()
    .replace(/^(?:the|a|an)\s+/, "")
    .replaceAll(/\s+/g, " ");
}
