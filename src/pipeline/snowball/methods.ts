import { changesOf, recipeAt } from "./at-iteration.ts";
import { ASKS_WITH, type ScoringMethod } from "./recipe/scoring.ts";
import type { Recipe } from "./recipe/index.ts";

/** Every method that some iteration of a run scores by: `changes` may bring another one in the middle. */
export function methodsOf(recipe: Recipe): ScoringMethod[] {
  const starts = [0, ...changesOf(recipe).map((change) => change.from_iteration)];
  return [...new Set(starts.map((iteration) => recipeAt(recipe, iteration).scoring.method))];
}

/** The prompt files that a run's methods need beside the three of every run. */
export function extraPrompts(recipe: Recipe): (typeof ASKS_WITH)[ScoringMethod][number][] {
  return [...new Set(methodsOf(recipe).flatMap((method) => ASKS_WITH[method]))];
}
