import { COMMON_RULES } from "../../../training/rules.ts";
import type { Rule } from "./rule.ts";

/** Terms that use label_smoothing; TRL ignores it in `sigmoid` without a word. */
const SMOOTHED = ["robust", "exo_pair"];

/** How a policy is made from pairs. */
export const TRAINING_RULES: readonly Rule[] = [
  ({ training: { loss_type: terms, loss_weights: weights } }) =>
    weights !== undefined &&
    weights.length !== terms.length && {
      path: ["training", "loss_weights"],
      message: `training.loss_weights has ${weights.length} entries; ${terms.length} are needed, one per term of training.loss_type.`,
    },
  ({ training: { loss_weights: weights } }) =>
    weights?.every((weight) => weight === 0) && {
      path: ["training", "loss_weights"],
      message: "training.loss_weights are all 0; one above 0 is needed, or nothing is learned.",
    },
  ({ training: { loss_type: terms } }) =>
    new Set(terms).size < terms.length && {
      path: ["training", "loss_type"],
      message: "training.loss_type names a term twice; each term once is needed (loss_weights weighs them).",
    },
  ({ training: { label_smoothing: smoothing, loss_type: terms } }) =>
    smoothing > 0 &&
    !terms.some((term) => SMOOTHED.includes(term)) && {
      path: ["training", "label_smoothing"],
      message: `training.label_smoothing is ${smoothing}, but ${terms.join(" + ")} ignores it; ${SMOOTHED.join(" or ")} in training.loss_type, or 0, is needed.`,
    },
  ...COMMON_RULES.map(
    (rule): Rule =>
      ({ training }) =>
        rule(training, "training"),
  ),
  ({ planner, training }) =>
    (planner.backend === "simulated") !== (training.backend === "simulated") && {
      path: ["training", "backend"],
      message: `training.backend is ${training.backend} while planner.backend is ${planner.backend}; a simulated planner and simulated training are needed together.`,
    },
];
