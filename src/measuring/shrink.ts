import type { MeasuringRecipe } from "./recipe.ts";

/** Questions: what goes wrong with a benchmark goes wrong at once. */
const QUESTIONS = 16;

/** The recipe with a few questions of each benchmark. */
export function shrinkBenchmarks<R extends MeasuringRecipe>(recipe: R): R {
  const benchmarks = recipe.benchmarks.map((each) => ({
    ...each,
    max_questions: Math.min(each.max_questions ?? QUESTIONS, QUESTIONS),
  }));
  return { ...recipe, benchmarks };
}
