import type { Finding, Outcome } from "../contract/check.ts";
import { count, plural } from "../contract/table.ts";
import { size } from "../numbers.ts";
import type { Failed, Measured } from "./measured.ts";

/** Share of a completion's runs of three tokens that it has said before: beyond it, it goes in circles. */
const LOOP = 0.5;
/** Share of completions that may be cut, or go in circles, before a training is not worth starting. */
const TOLERATED = 0.25;
/** Share of a GPU's memory beyond which the next longer row may not fit. */
const TIGHT = 0.95;

/**
 * Says of everything that was measured whether it is well, and what to do where it is not.
 * @param rewards of what was said, a list for each question; null where nobody judges
 */
export function judge(found: Measured, rewards: readonly (readonly number[])[] | null): Finding[] {
  const { sides: count, pairs } = found;
  return [
    prompts(found),
    images(found),
    tokens(found),
    ...(count > 0 || pairs !== null ? [labels(found)] : []),
    ...(count > 1 || pairs !== null ? [sides(found)] : []),
    generations(found),
    ...(rewards === null ? [] : [rewarded(rewards)]),
    step(found),
  ];
}

function finding(check: string, outcome: Outcome, seen: string, advice = ""): Finding {
  return { check, outcome, seen, advice };
}

function prompts({ refused, looked, rows }: Measured): Finding {
  const [first] = refused;
  const of = looked < rows ? ` of ${count(rows)}, spread over all,` : "";
  if (!first) {
    return finding("prompts", "passed", `${plural(looked, "row")}${of} would be trained on as they are.`);
  }
  return finding(
    "prompts",
    "failed",
    `${count(refused.length)} of ${plural(looked, "row")} would be refused. ${first.problem}`,
    "Mend these rows, or leave them out; the training would stop at the first.",
  );
}

function images({ prompts: seen }: Measured): Finding {
  const shown = seen.filter((each) => each.images > 0);
  if (shown.length === 0) return finding("image tokens", "passed", "No row has an image.");
  const lost = shown.filter((each) => each.image_tokens === 0);
  if (lost.length > 0) {
    return finding(
      "image tokens",
      "failed",
      `${plural(lost.length, "row")} with images would show none to the model; the first is "${lost[0]!.id}".`,
      "The checkpoint's processor does not fit its model; download both again.",
    );
  }
  return finding("image tokens", "passed", `${spreadOf(shown.map((each) => each.image_tokens))} a row.`);
}

function tokens({ prompts: seen, context }: Measured): Finding {
  if (seen.length === 0) return finding("tokens", "not possible", "No row could be read.", "See prompts.");
  return finding(
    "tokens",
    "passed",
    `${spreadOf(seen.map((each) => each.tokens))} a sequence, of ${count(context)} that the model has places for.`,
  );
}

function labels({ answers }: Measured): Finding {
  const name = "labels";
  if (answers.length === 0) return finding(name, "not possible", "There are no answers to look at.", "See prompts.");
  const leaks = answers.find((each) => each.leaked > 0);
  if (leaks) {
    const seen = `Row "${leaks.id}": ${plural(leaks.leaked, "token")} of what is asked, or of the padding, would be learned.`;
    return finding(name, "failed", seen, "This is a defect of the trainer's; do not train, and report it.");
  }
  const empty = answers.filter((each) => each.answer === 0);
  if (empty.length > 0) {
    const seen = `${plural(empty.length, "answer")} would teach nothing but to end; the first is of row "${empty[0]!.id}".`;
    return finding(name, "failed", seen, "Give these rows an answer, or leave them out.");
  }
  const missed = answers.find((each) => each.missed > 0 || !each.ended);
  if (missed) {
    const seen = `Row "${missed.id}": ${missed.missed > 0 ? plural(missed.missed, "token") : "the end"} of its answer would not be learned.`;
    return finding(name, "failed", seen, "This is a defect of the trainer's; do not train, and report it.");
  }
  const seen = `Answers and their ends alone are learned: ${spreadOf(answers.map((each) => each.answer))} an answer.`;
  return finding(name, "passed", seen);
}

function sides({ alike, answers, pairs }: Measured): Finding {
  const name = "chosen and rejected";
  if (pairs === 0) {
    const seen = "No question got two different completions from the starting checkpoint.";
    return finding(name, "failed", seen, "Raise the temperature: equal completions make no pair.");
  }
  if (answers.length === 0) return finding(name, "not possible", "There are no pairs to look at.", "See prompts.");
  if (alike.length > 0) {
    const seen = `${plural(alike.length, "row")} have the same tokens on both sides; the first is "${alike[0]!}".`;
    return finding(name, "failed", seen, "Leave these rows out: they teach nothing, and are in the loss all the same.");
  }
  const made = pairs === null ? "" : ` ${count(pairs)} were made of the starting checkpoint's completions.`;
  return finding(name, "passed", `The two sides of every pair differ.${made}`);
}

function generations({ said, looked }: Measured): Finding {
  const name = "generations";
  if (!Array.isArray(said)) return broken(name, said, "lower max_pixels or the longest completion");
  const all = said.flatMap((each) => each.completions);
  if (all.length === 0) {
    return finding(name, "not possible", `None of ${plural(looked, "row")} could be asked.`, "See prompts.");
  }
  const none = all.filter((each) => each.tokens === 0 || each.text.trim() === "").length;
  const cut = all.filter((each) => each.finish === "length").length;
  const circles = all.filter((each) => each.repetition > LOOP).length;
  const told = `${plural(all.length, "completion")} of ${plural(said.length, "question")}: ${spreadOf(all.map((each) => each.tokens))} each, ${count(none)} empty, ${count(cut)} cut, ${count(circles)} in circles`;
  const example = all.find((each) => each.text.trim() !== "")?.text;
  const seen = example === undefined ? `${told}.` : `${told}. One begins ${JSON.stringify(example.slice(0, SHOWN))}.`;
  const most = Math.floor(all.length * TOLERATED);
  const advice = [
    none > 0 && "Empty completions: look whether the checkpoint is an instruct model, and at the prompt.",
    cut > most && "Many are cut: raise the longest completion, or ask for shorter answers.",
    circles > most &&
      "Many go in circles: look at the prompt, at the sampling and whether the checkpoint fits its processor.",
  ].filter((each) => each !== false);
  return finding(name, advice.length === 0 ? "passed" : "failed", seen, advice.join(" "));
}

/** Characters of a completion that are shown. */
const SHOWN = 80;

function rewarded(rewards: readonly (readonly number[])[]): Finding {
  const name = "rewards";
  const all = rewards.flat();
  if (all.length === 0) return finding(name, "not possible", "There are no completions to judge.", "See generations.");
  const moving = rewards.filter((each) => new Set(each).size > 1).length;
  const mean = all.reduce((sum, each) => sum + each, 0) / all.length;
  const seen = `${plural(all.length, "completion")}: ${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}, ${mean.toFixed(2)} in the mean; they differ within ${count(moving)} of ${plural(rewards.length, "question")}.`;
  if (moving > 0) return finding(name, "passed", seen);
  return finding(
    name,
    "failed",
    seen,
    "Completions of a question that are all worth the same teach nothing: raise the temperature, ask easier or harder questions, or look at the answer format that the reward reads.",
  );
}

function step({ step: made, memory, of, refused, looked }: Measured): Finding {
  const name = "step";
  if (made === null) {
    if (refused.length >= looked) return finding(name, "not possible", "No row is left to train on.", "See prompts.");
    const seen =
      "The training is divided over processes, which a check in one process cannot try, or there was nothing to train on.";
    return finding(name, "not possible", seen, "Try it with bin/snowball run <recipe> --debug.");
  }
  if ("problem" in made)
    return broken(name, made, "lower per_device_train_batch_size or max_pixels, or train an adapter");
  const peak = `${size(memory)} at the peak${of === null ? " (of the host)" : ` of ${size(of)}`}`;
  const told = `One optimizer step of ${plural(made.rows, "row")}: loss ${made.loss?.toFixed(4) ?? "no number"}, norm of the gradients ${made.grad_norm?.toPrecision(3) ?? "no number"}, ${made.seconds.toFixed(1)} s, ${peak}.`;
  if (made.loss === null || (made.grad_norm === null && !made.scaled)) {
    return finding(name, "failed", told, "Train in bfloat16 or float32; then look at the rows and at the checkpoint.");
  }
  if (made.grad_norm === 0) {
    return finding(name, "failed", told, "Nothing would be learned: look whether rows differ, and at what is frozen.");
  }
  const tight = of !== null && memory > of * TIGHT;
  return finding(name, "passed", told, tight ? "It hardly fits: a longer row may not." : "");
}

/** What ended in a failure of its own. */
function broken(name: string, { type, problem }: Failed, smaller: string): Finding {
  const advice =
    type === "OutOfMemory"
      ? `${smaller[0]!.toUpperCase()}${smaller.slice(1)}; a larger GPU helps, too.`
      : "The training would end with this; its log has more.";
  return finding(name, "failed", problem, advice);
}

/** "12 to 40 tokens, 20 in the mean". */
function spreadOf(values: readonly number[]): string {
  const mean = Math.round(values.reduce((sum, each) => sum + each, 0) / values.length);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least === most) return plural(least, "token");
  return `${count(least)} to ${plural(most, "token")}, ${count(mean)} in the mean,`;
}
