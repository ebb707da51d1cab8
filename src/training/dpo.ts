import { z } from "zod";
import type { PairRow } from "../preference/rows.ts";
import { pairMessages } from "../prompt/messages.ts";
import type { Algorithm } from "./algorithm.ts";
import { dpoWarnings } from "./dpo-warnings.ts";
import { howItRuns, optimizerSteps, settingsKey, who } from "./common.ts";
import type { SettingsRule } from "./rules.ts";

/** How far the policy may leave the reference: TRL's and the DPO paper's default. */
const BETA = 0.1;

/** The losses of TRL's DPOTrainer that need nothing but the pairs. */
const LOSSES = [
  "sigmoid",
  "sigmoid_norm",
  "hinge",
  "ipo",
  "robust",
  "exo_pair",
  "apo_zero",
  "apo_down",
  "sft",
] as const;

export const training = z
  .strictObject({
    ...who,
    beta: z.number().gt(0).max(10).default(BETA).describe("Strength of the pull to the reference"),
    loss_type: z.array(z.enum(LOSSES)).min(1).default(["sigmoid"]).describe("Terms of the loss"),
    loss_weights: z.array(z.number().min(0)).min(1).optional().describe("One weight per term; all 1 when absent"),
    label_smoothing: z
      .number()
      .min(0)
      .lt(0.5)
      .default(0)
      .describe("Share of flipped preferences that robust and exo_pair assume"),
    reference: z
      .enum(["live", "cached"])
      .default("live")
      .describe(
        "live: the reference reads every batch, too; cached: it reads each set of pairs once, and trainings that follow take what it found",
      ),
    ...howItRuns,
    extra: z.record(z.string(), z.json()).default({}).describe("Passed on to TRL's DPOConfig, which checks it"),
  })
  .describe("How a policy is made from pairs: from the base each time, with the base as reference");

/** The recipe's block, and the control that takes the chosen texts alone. */
const settings = training.extend({ sft_only: z.boolean() });

/** Terms that use label_smoothing; TRL ignores it in `sigmoid` without a word. */
const SMOOTHED = ["robust", "exo_pair"];

/** What of DPO's own settings does not fit together. */
const RULES: readonly SettingsRule<z.output<typeof settings>>[] = [
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
  ({ reference, tuning }, at) =>
    reference === "cached" &&
    tuning === "qlora" && {
      field: ["reference"],
      message: `${at}.reference is cached, but ${at}.tuning is qlora, whose reference is the base in 4 bits as it is while it trains; live is needed.`,
    },
  ({ label_smoothing: smoothing, loss_type: terms }, at) =>
    smoothing > 0 &&
    !terms.some((term) => SMOOTHED.includes(term)) && {
      field: ["label_smoothing"],
      message: `${at}.label_smoothing is ${smoothing}, but ${terms.join(" + ")} ignores it; ${SMOOTHED.join(" or ")} in ${at}.loss_type, or 0, is needed.`,
    },
];

/** The reference in its default is no news: what was trained before there was a choice is found again. */
function keyed({ reference, ...rest }: z.output<typeof settings>): object {
  return { ...settingsKey({ ...rest }), ...(reference === "cached" && { reference }) };
}

/** Preference training on pairs (Rafailov et al. 2023) by TRL's DPOTrainer. */
export const dpo: Algorithm<z.output<typeof settings>> = {
  settings,
  files: { rows: "dpo_pairs.json", joined: "dpo_accumulated.json" },
  rules: RULES,
  steps: optimizerSteps,
  keyed,
  cached: ({ reference }) => (reference === "cached" ? "runners.reference" : null),
  warnings: dpoWarnings,
  prompts: (rows, images) =>
    (rows as readonly PairRow[]).map(({ system, prompt, image }) => pairMessages(system, prompt, images(image))),
};
