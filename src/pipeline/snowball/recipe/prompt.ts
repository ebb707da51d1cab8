import { z } from "zod";
import type { PlanFormat } from "../../../prompt/parse-plan.ts";
import { path } from "../../../recipe/parts/fields.ts";

export const prompt = z
  .strictObject({
    system: path.describe("File with the planner's system prompt"),
    template: path.describe("File with the planner's user prompt: {question}, {max_instructions}"),
    answer: path.describe("File with the question to critic and evaluator: {question}"),
    rate: path.optional().describe("File that asks the critic to rate the views from 1 to 10: {question}"),
    rate_again: path.optional().describe("The same in other words, for a reply that cannot be read: {question}"),
    similarity: path
      .optional()
      .describe("File that asks how close an answer is to the true one, from -2 to 2: {question}, {truth}, {answer}"),
    similarity_again: path
      .optional()
      .describe("The same in other words, for a reply that cannot be read: {question}, {truth}, {answer}"),
    // No default here: it would be written into every recipe.
    format: z
      .enum(["strict", "lenient"])
      .optional()
      .describe(
        "What the planner may write around a plan. lenient, also when left out: thoughts before it, a code fence around " +
          "it, a remark behind it, which are counted; strict: nothing",
      ),
  })
  .describe("Prompt files, relative to the worker's root, and how plans are read");

/** How the plans of a run are read. */
export function planFormat(recipe: { readonly prompt: z.output<typeof prompt> }): PlanFormat {
  return recipe.prompt.format ?? "lenient";
}

/** What the keys of steps that read plans say of it: nothing of strict, which was all that there once was. */
export function planFormatParams(recipe: { readonly prompt: z.output<typeof prompt> }): {
  readonly format?: "lenient";
} {
  return planFormat(recipe) === "lenient" ? { format: "lenient" } : {};
}
