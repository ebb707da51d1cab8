import { z } from "zod";
import { DATA_SETS, type DataSetName } from "../../dataset/sets/index.ts";
import { label, measuring } from "../../measuring/recipe.ts";
import { common, operation } from "../../recipe/common.ts";
import { source } from "../../recipe/parts/data.ts";
import { path } from "../../recipe/parts/fields.ts";
import { training as dpoSettings } from "../../training/dpo.ts";
import { grpo } from "../../training/grpo.ts";
import { sft } from "../../training/sft.ts";

const set = z
  .strictObject({
    name: label.optional().describe("What accounts call it; its format when absent"),
    format: z.enum(Object.keys(DATA_SETS) as DataSetName[]).describe("Whose rows they are; docs/data-sets.md"),
    path: path.describe("A JSON array, JSON Lines or parquet, relative to the worker's root"),
    image_root: source.shape.image_root.describe("Where the rows' image names start, relative to the worker's root"),
    max_image_pixels: source.shape.max_image_pixels,
    weight: z
      .number()
      .min(0)
      .optional()
      .describe("Its share of the mixture, over the sum of all; for all sets or none"),
    limit: z.int().min(1).optional().describe("Use at most so many of its rows, chosen by the seed"),
    bad_rows: z
      .enum(["refuse", "leave_out"])
      .default("refuse")
      .describe("leave_out: rows that cannot be used, an image never fetched among them, are counted and listed"),
  })
  .describe("One set of rows");

const mixture = {
  data: z.array(set).min(1).describe("What it learns from"),
  rows: z.int().min(1).optional().describe("Rows of the mixture; as many as the weights allow when absent"),
};

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
export type SetBlock = StageBlock["data"][number];

/** What a set of rows is called in accounts and ids. */
export function setName({ name, format }: Pick<SetBlock, "name" | "format">): string {
  return name ?? format;
}

/** The stages that a recipe runs, with their blocks, which its rules have seen to be there. */
export function stagesOf(recipe: Recipe): { readonly name: StageName; readonly block: StageBlock }[] {
  return recipe.stages.map((name) => ({ name, block: recipe[name]! }));
}
