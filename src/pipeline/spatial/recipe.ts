import { z } from "zod";
import { measuring } from "../../measuring/recipe.ts";
import { common, operation } from "../../recipe/common.ts";
import { path } from "../../recipe/parts/fields.ts";
import { mixture } from "../../recipe/parts/mixture.ts";
import { training as dpoSettings } from "../../training/dpo.ts";
import { grpo } from "../../training/grpo.ts";
import { sft } from "../../training/sft.ts";

/** A block of a stage that is not in `stages` is checked and does nothing. */
export const spatialRecipe = z
  .strictObject({
    pipeline: z.literal("spatial").describe("SFT, DPO and GRPO in a chain"),
    ...common,
    init: path.describe("The checkpoint that the first stage starts from, relative to the worker's root"),
    stages: z
      .array(z.enum(["sft", "dpo", "grpo"]))
      .min(1)
      .default(["sft", "dpo", "grpo"])
      .describe("Which trainings, in this order; each starts from what the one before made"),
    sft: z
      .strictObject({ ...mixture, training: sft.settings })
      .optional()
      .describe("Supervised fine-tuning on answers"),
    dpo: z
      .strictObject({ ...mixture, training: dpoSettings })
      .optional()
      .describe("Preference training on pairs of answers"),
    grpo: z
      .strictObject({ ...mixture, training: grpo.settings })
      .optional()
      .describe("Reinforcement by rewards for sampled answers"),
    ...measuring,
    answering: measuring.answering.describe(
      "How policies are loaded, to be trained too, and how they answer: greedily, all of them alike",
    ),
    ...operation,
  })
  .describe("Spatial reasoning: SFT, DPO and GRPO in a chain, each stage measured on the same benchmarks");

export type Recipe = z.output<typeof spatialRecipe>;
export type StageName = Recipe["stages"][number];
export type StageBlock = NonNullable<Recipe[StageName]>;

/** The stages that a recipe runs, with their blocks, which its rules have seen to be there. */
export function stagesOf(recipe: Recipe): { readonly name: StageName; readonly block: StageBlock }[] {
  return recipe.stages.map((name) => ({ name, block: recipe[name]! }));
}
