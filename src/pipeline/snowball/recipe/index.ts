import type { z } from "zod";
import type { singleRoundRecipe } from "./single-round.ts";
import type { snowballRecipe } from "./snowball.ts";

/** A parsed recipe of the loop, iterated or of a single round: every default filled in. */
export type Recipe = z.output<typeof snowballRecipe> | z.output<typeof singleRoundRecipe>;

/** The file of preference pairs that a round starts from; undefined when it makes its own. */
export function givenPairsOf(recipe: Recipe): string | undefined {
  return recipe.pipeline === "single-round" ? recipe.round.pairs : undefined;
}

/** The file that a run's data comes from: its questions, or, where there are none, the pairs that it starts from. */
export function dataFile(recipe: Recipe): string {
  const file = recipe.data.path ?? givenPairsOf(recipe);
  // The rules refuse a recipe with neither.
  if (file === undefined) throw new RangeError("a recipe names its questions or its pairs");
  return file;
}
