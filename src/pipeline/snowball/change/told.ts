import type { ChangedField } from "./comparison.ts";
import { firstEffect, type Step, STEPS } from "./effects.ts";

/** What a step's results are called. */
const RESULTS: Readonly<Record<Step, string>> = {
  questions: "the questions",
  rollout: "rollouts",
  imagine: "views",
  score: "scores",
  pairs: "pairs",
  train: "the training",
  evaluate: "the evaluations",
  gate: "the gate's decision",
};

/** "training.beta 0.1 → 0.2, …" */
export function changeTexts(changed: readonly ChangedField[]): string {
  return changed.map(({ field, change }) => `${field} ${change}`).join(", ");
}

/** Which steps a change makes again, and what is found; two lines, before anything runs. */
export function redoneLines(changed: readonly ChangedField[]): string[] {
  const effect = firstEffect(changed.map((each) => each.effect));
  if (effect === null) return ["Nothing is done again: no step's result depends on what changed."];
  const { step, iteration } = effect;
  const where = `iteration ${iteration + 1} (iter_${iteration})`;
  if (step === "questions") return ["Done again: everything; the questions of every iteration change."];
  if (step === "evaluate") {
    return [
      "Done again: the evaluation of every policy.",
      "Found in the store: rollouts, views, scores, pairs and trainings.",
    ];
  }
  if (step === "gate") {
    return [
      "Done again: what comes after the first iteration in which the gate decides otherwise.",
      "Found in the store: all before it.",
    ];
  }
  const rest =
    iteration === 0 && STEPS.indexOf(step) <= STEPS.indexOf("imagine") ? " and the evaluation of the base" : "";
  const before = STEPS.slice(1, STEPS.indexOf(step)).map((each) => RESULTS[each]);
  const found = [
    ...(iteration > 0 ? [`all of the iterations before`] : []),
    ...(before.length > 0 ? [`${listed(before)} of ${where}`] : []),
  ];
  return [
    `Done again: ${RESULTS[step]} of ${where}${rest}, and what comes out differently because of it.`,
    ...(found.length > 0 ? [`Found in the store, as far as it was made: ${listed(found)}.`] : []),
  ];
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
