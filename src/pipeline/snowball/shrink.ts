import { shrinkTraining } from "../../training/shrink.ts";
import type { Recipe } from "./recipe/index.ts";

/** Rounds: the second one samples from a policy that the first one made. */
const ITERATIONS = 2;
/** Questions of a round: of eight samples each, enough for some pairs. */
const QUESTIONS = 16;
/** Questions that are held out, of each kind. */
const HELD_OUT = 16;

/** The same loop on a few questions, going around twice at most. */
export function shrink(recipe: Recipe): Recipe {
  const { data, loop } = recipe;
  const iterations = Math.min(loop.num_iterations, ITERATIONS);
  const most = iterations * QUESTIONS;
  const { val, test } = data.held_out;
  const less = {
    // A round that starts from pairs has no questions to train on.
    ...(data.path !== undefined && { max_samples: Math.min(data.max_samples ?? most, most) }),
    held_out: { val: Math.min(val, HELD_OUT), test: Math.min(test, HELD_OUT) },
  };
  const round = { ...loop, num_iterations: iterations };
  if (recipe.pipeline === "single-round") {
    return { ...recipe, data: { ...recipe.data, ...less }, loop: round, training: shrinkTraining(recipe.training) };
  }
  const { changes = [], ...rest } = recipe;
  const kept = changes
    .filter(({ from_iteration: from }) => from < iterations)
    .map((each) => ({ ...each, ...(each.training && { training: shrinkTraining(each.training) }) }));
  return {
    ...rest,
    data: { ...recipe.data, ...less },
    loop: round,
    training: shrinkTraining(recipe.training),
    ...(kept.length > 0 && { changes: kept }),
  };
}
