import { z } from "zod";
import type { PairRow } from "../preference/rows.ts";
import { pairMessages } from "../prompt/messages.ts";
import type { Algorithm } from "./algorithm.ts";
import { dpoWarnings } from "./dpo-warnings.ts";
import { howItRuns, settingsKey, who } from "./common.ts";

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
    ...howItRuns,
    extra: z.record(z.string(), z.json()).default({}).describe("Passed on to TRL's DPOConfig, which checks it"),
  })
  .describe("How a policy is made from pairs: from the base each time, with the base as reference");

/** The recipe's block, and the control that takes the chosen texts alone. */
const settings = training.extend({ sft_only: z.boolean() });

/** Preference training on pairs (Rafailov et al. 2023) by TRL's DPOTrainer. */
export const dpo: Algorithm<z.output<typeof settings>> = {
  settings,
  files: { rows: "dpo_pairs.json", joined: "dpo_accumulated.json" },
  keyed: settingsKey,
  warnings: dpoWarnings,
  prompts: (rows, images) =>
    (rows as readonly PairRow[]).map(({ system, prompt, image }) => pairMessages(system, prompt, images(image))),
};
