import { optimizerSteps } from "../../../training/common.ts";
import { hardlyMoves } from "../../../training/hardly-moves.ts";
import { recipeAt } from "../at-iteration.ts";
import { givenPairsOf, type Recipe } from "../recipe/index.ts";

/** What one iteration does at most, before anything has run. */
export interface IterationPlan {
  readonly questions: number;
  readonly chunks: number;
  /** Completions: questions × K. */
  readonly samples: number;
  /** If every completion asks for max_instructions views. */
  readonly maxViews: number;
  /** Pairs to train on: one per question, of this shard and, when accumulating, of the earlier ones. */
  readonly maxPairs: number;
  /** Optimizer steps on maxPairs. */
  readonly maxOptimizerSteps: number;
}

/** Sizes of the shards of `questions` training questions: `i % n`, so they differ by at most one. */
export function shardSizes(questions: number, shards: number): number[] {
  return Array.from({ length: shards }, (_, shard) => Math.max(0, Math.ceil((questions - shard) / shards)));
}

/** Sizes of a set's chunks: all full but the last. */
export function chunkSizes(questions: number, perChunk: number): number[] {
  return Array.from({ length: Math.ceil(questions / perChunk) }, (_, chunk) =>
    Math.min(perChunk, questions - chunk * perChunk),
  );
}

/** Does the run train? A single round can stop after its pairs. */
export function trains(recipe: Recipe): boolean {
  return recipe.pipeline !== "single-round" || recipe.round.stop_after !== "pairs";
}

/**
 * The size of a run, iteration by iteration.
 * @param questions training questions in the data, after the held-out ones are set aside
 * @param givenPairs pairs of the user's own, where the recipe starts from them: nothing is sampled then
 */
export function planIterations(recipe: Recipe, questions: number, givenPairs = 0): IterationPlan[] {
  const used = Math.min(questions, recipe.data.max_samples ?? questions);
  if (givenPairsOf(recipe) !== undefined) {
    const maxOptimizerSteps = trains(recipe) ? optimizerSteps(givenPairs, recipe.training) : 0;
    return [{ questions: 0, chunks: 0, samples: 0, maxViews: 0, maxPairs: givenPairs, maxOptimizerSteps }];
  }
  let pairsBefore = 0;
  return shardSizes(used, recipe.loop.num_iterations).map((size, iteration) => {
    const samples = size * recipe.planner.num_rollouts;
    const maxPairs = size + pairsBefore;
    if (recipe.loop.controls.accumulate) pairsBefore = maxPairs;
    return {
      questions: size,
      chunks: chunkSizes(size, recipe.chunk.questions).length,
      samples,
      maxViews: samples * recipe.planner.max_instructions,
      maxPairs,
      maxOptimizerSteps: trains(recipe) ? optimizerSteps(maxPairs, recipeAt(recipe, iteration).training) : 0,
    };
  });
}

/** Sentences about what is allowed but rarely meant; the sizes are those of `planIterations`. */
export function recipeWarnings(recipe: Recipe, questions: number, givenPairs = 0): string[] {
  const warnings: string[] = [];
  const { critic, evaluator, training, data } = recipe;
  if (critic.backend !== "simulated" && critic.model === evaluator.model) {
    warnings.push("critic and evaluator are the same model: the one that gives the scores is then also the examiner.");
  }
  if (data.held_out.val + data.held_out.test === 0) warnings.push("data.held_out is 0: evaluation and gate are off.");
  const first = planIterations(recipe, questions, givenPairs)[0]?.maxOptimizerSteps ?? 0;
  const still = trains(recipe) ? hardlyMoves(training, first, "in iteration 1") : null;
  if (still !== null) warnings.push(`training ${still}`);
  return warnings;
}
