import { shrinkBenchmarks } from "../../measuring/shrink.ts";
import { shrinkTraining } from "../../training/shrink.ts";
import type { Recipe } from "./recipe.ts";

/** Rows of a set, and pairs that are judged. */
const ROWS = 128;

/** The same stages on a few rows, pairs and questions. */
export function shrink(recipe: Recipe): Recipe {
  const { cold_start: cold, sampling, rejection, dpo } = recipe;
  return {
    ...shrinkBenchmarks(recipe),
    ...(cold && { cold_start: { ...cold, ...fewer(cold), training: shrinkTraining(cold.training) } }),
    ...(sampling && { sampling: { ...sampling, items: Math.min(sampling.items ?? ROWS, ROWS) } }),
    ...(rejection && { rejection: { ...rejection, training: shrinkTraining(rejection.training) } }),
    ...(dpo && { dpo: { ...dpo, training: shrinkTraining(dpo.training) } }),
  };
}

function fewer({ data, rows }: Pick<NonNullable<Recipe["cold_start"]>, "data" | "rows">) {
  return {
    data: data.map((set) => ({ ...set, limit: Math.min(set.limit ?? ROWS, ROWS) })),
    ...(rows !== undefined && { rows: Math.min(rows, ROWS) }),
  };
}
