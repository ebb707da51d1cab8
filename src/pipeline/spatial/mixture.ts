import type { ExampleKind, Task } from "../../dataset/sets/example.ts";
import { mixtureCounts } from "../../dataset/sets/mix.ts";
import { rewardProblem } from "../../reward/index.ts";
import type { Recipe, StageName } from "./recipe.ts";

/** What each stage learns from. */
export const READS = {
  sft: "demonstration",
  dpo: "preference",
  grpo: "task",
} as const satisfies Readonly<Record<StageName, Exclude<ExampleKind, "item">>>;

/**
 * Rows that a stage trains on.
 * @param total the recipe's own; undefined: as many as the weights allow
 * @throws {StepFailure} BadInput where a set has too few
 */
export function mixtureRows(
  sets: readonly { readonly name: string; readonly available: number; readonly weight?: number | undefined }[],
  total: number | undefined,
): number {
  return [...mixtureCounts(sets, total).values()].reduce((sum, each) => sum + each, 0);
}

/** Why a whole example cannot be trained on by a stage: a task that no reward of the recipe can judge. */
export function checkOf(recipe: Recipe, stage: StageName): (example: object) => string | null {
  if (stage !== "grpo") return () => null;
  const { rewards } = recipe.grpo!.training;
  return (example) => rewardProblem(rewards, example as Task);
}
