import { z } from "zod";
import { common, operation } from "../../recipe/common.ts";
import { measuring } from "../../measuring/recipe.ts";
import { label, path } from "../../recipe/parts/fields.ts";

const policy = z
  .strictObject({
    name: label.describe("What the table calls it"),
    model: path.optional().describe("A checkpoint's folder, relative to the worker's root"),
    adapter: path.optional().describe("A LoRA adapter's folder, served on `model` unmerged"),
    run: z.string().min(1).optional().describe("In place of a folder: the policy that this complete run ended with"),
  })
  .describe("One policy: a folder, an adapter on a folder, or what a run ended with");

/** The recipe of an evaluation: policies × benchmarks. */
export const evaluateRecipe = z
  .strictObject({
    pipeline: z.literal("evaluate").describe("Measure policies, train none"),
    ...common,
    policies: z.array(policy).min(1).describe("The first is what the others are compared with"),
    ...measuring,
    ...operation,
  })
  .describe("Evaluate: policies × benchmarks, with intervals and paired differences");

export type Recipe = z.output<typeof evaluateRecipe>;
