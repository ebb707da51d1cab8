import { shrinkBenchmarks } from "../../measuring/shrink.ts";
import { shrinkTraining } from "../../training/shrink.ts";
import type { Recipe } from "./recipe.ts";

/** Rows of a set, and of a mixture. */
const ROWS = 128;

/** The same chain on a few rows and questions. */
export function shrink(recipe: Recipe): Recipe {
  const { sft, dpo, grpo } = recipe;
  return {
    ...shrinkBenchmarks(recipe),
    ...(sft && { sft: { ...sft, ...fewer(sft), training: shrinkTraining(sft.training) } }),
    ...(dpo && { dpo: { ...dpo, ...fewer(dpo), training: shrinkTraining(dpo.training) } }),
    ...(grpo && { grpo: { ...grpo, ...fewer(grpo), training: shrinkTraining(grpo.training) } }),
  };
}

function fewer({ data, rows }: Pick<NonNullable<Recipe["sft"]>, "data" | "rows">) {
  return {
    data: data.map((set) => ({ ...set, limit: Math.min(set.limit ?? ROWS, ROWS) })),
    ...(rows !== undefined && { rows: Math.min(rows, ROWS) }),
  };
}
