import { shrinkBenchmarks } from "../../measuring/shrink.ts";
import { shrinkStage } from "../../training/shrink.ts";
import type { Recipe } from "./recipe.ts";

/** The same chain on a few rows and questions. */
export function shrink(recipe: Recipe): Recipe {
  const { sft, dpo, grpo } = recipe;
  return {
    ...shrinkBenchmarks(recipe),
    ...(sft && { sft: shrinkStage(sft) }),
    ...(dpo && { dpo: shrinkStage(dpo) }),
    ...(grpo && { grpo: shrinkStage(grpo) }),
  };
}
