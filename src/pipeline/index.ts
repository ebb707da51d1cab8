import type { z } from "zod";
import { singleRoundRecipe } from "./snowball/recipe/single-round.ts";
import { snowballRecipe } from "./snowball/recipe/snowball.ts";

/** A schema per pipeline, by the recipe's `pipeline`. A new pipeline adds one line. */
export const PIPELINES = { snowball: snowballRecipe, "single-round": singleRoundRecipe };

export type Pipeline = keyof typeof PIPELINES;

/** A parsed recipe: every default filled in. */
export type Recipe = z.output<(typeof PIPELINES)[Pipeline]>;

/** The file of preference pairs that a round starts from; undefined when it makes its own. */
export function givenPairsOf(recipe: Recipe): string | undefined {
  return recipe.pipeline === "single-round" ? recipe.round.pairs : undefined;
}

/** The file that a run's data comes from: its questions, or, where there are none, the pairs that it starts from. */
export function dataFile(recipe: Recipe): string {
  const file = recipe.data.path ?? givenPairsOf(recipe);
  // checkTogether refuses a recipe with neither.
  if (file === undefined) throw new RangeError("a recipe names its questions or its pairs");
  return file;
}
