import { shrinkBenchmarks } from "../../measuring/shrink.ts";
import { ROWS, shrinkStage, shrinkTraining } from "../../training/shrink.ts";
import type { Recipe } from "./recipe.ts";

/** The same stages on a few rows, pairs and questions. */
export function shrink(recipe: Recipe): Recipe {
  const { cold_start: cold, sampling, rejection, dpo } = recipe;
  return {
    ...shrinkBenchmarks(recipe),
    ...(cold && { cold_start: shrinkStage(cold) }),
    ...(sampling && { sampling: { ...sampling, items: Math.min(sampling.items ?? ROWS, ROWS) } }),
    ...(rejection && { rejection: { ...rejection, training: shrinkTraining(rejection.training) } }),
    ...(dpo && { dpo: { ...dpo, training: shrinkTraining(dpo.training) } }),
  };
}
