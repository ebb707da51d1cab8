import type { z } from "zod";
import type { training } from "./dpo.ts";
import type { SettingsRule } from "./rules.ts";

/** Terms that use label_smoothing; TRL ignores it in `sigmoid` without a word. */
const SMOOTHED = ["robust", "exo_pair"];

/** What of DPO's own settings does not fit together. */
export const DPO_RULES: readonly SettingsRule<z.output<typeof training>>[] = [
  ({ loss_type: terms, loss_weights: weights }, at) =>
    weights !== undefined &&
    weights.length !== terms.length && {
      field: ["loss_weights"],
      message: `${at}.loss_weights has ${weights.length} entries; ${terms.length} are needed, one per term of ${at}.loss_type.`,
    },
  ({ loss_weights: weights }, at) =>
    weights?.every((weight) => weight === 0) && {
      field: ["loss_weights"],
      message: `${at}.loss_weights are all 0; one above 0 is needed, or nothing is learned.`,
    },
  ({ loss_type: terms }, at) =>
    new Set(terms).size < terms.length && {
      field: ["loss_type"],
      message: `${at}.loss_type names a term twice; each term once is needed (loss_weights weighs them).`,
    },
  ({ label_smoothing: smoothing, loss_type: terms }, at) =>
    smoothing > 0 &&
    !terms.some((term) => SMOOTHED.includes(term)) && {
      field: ["label_smoothing"],
      message: `${at}.label_smoothing is ${smoothing}, but ${terms.join(" + ")} ignores it; ${SMOOTHED.join(" or ")} in ${at}.loss_type, or 0, is needed.`,
    },
];
