import type { DataSize } from "../inspect-data.ts";
import { recipeAt } from "../at-iteration.ts";
import type { ScoringMethod } from "../recipe/scoring.ts";
import { givenPairsOf, type Recipe } from "../recipe/index.ts";
import { chunkSizes, type IterationPlan, planIterations, trains } from "./iterations.ts";

/** What is known of the data before a run. */
export interface PlannedData extends Pick<DataSize, "shards" | "val" | "test" | "leftOut" | "hasAnswers"> {
  /** Pairs of the user's own, where the recipe starts from a file of them; else 0. */
  readonly givenPairs: number;
}

/** What the roles that answer requests do, at most. */
export interface Work {
  /** The planner's. */
  readonly completions: number;
  /** The executor's. */
  readonly views: number;
  /** The critic's, or in an evaluation the evaluator's. */
  readonly answers: number;
}

/** What a run does, at most. */
export interface RunWork {
  readonly iterations: readonly IterationPlan[];
  readonly labelling: readonly Work[];
  /** Of the base policy and of the arms that no policy touches; then of one more policy. Null when nothing is evaluated. */
  readonly evaluation: { readonly floors: Work; readonly policy: Work; readonly policies: number } | null;
  /** Pairs that pass through the trainer, epochs counted, by iteration. */
  readonly trained: readonly number[];
}

/**
 * The critic's answers that a score takes, of a sample with its views and of its question without any. A rating or a
 * similarity that cannot be read is asked for once more, so it counts twice.
 */
const ANSWERS: Readonly<Record<ScoringMethod, { readonly sample: number; readonly question: number }>> = {
  confidence: { sample: 1, question: 1 },
  answer_gain: { sample: 1, question: 1 },
  explicit: { sample: 2, question: 0 },
  both: { sample: 3, question: 1 },
  gt_similarity: { sample: 3, question: 3 },
};

/** Reckons what a run does at most: every completion asks for all the views it may, every question makes a pair. */
export function workOf(recipe: Recipe, data: PlannedData): RunWork {
  const questions = data.shards.reduce((sum, size) => sum + size, 0);
  const iterations = planIterations(recipe, questions, data.givenPairs);
  return {
    iterations,
    labelling: iterations.map((each, iteration) => labellingOf(each, recipeAt(recipe, iteration).scoring.method)),
    evaluation: evaluates(recipe, data) ? evaluationOf(recipe, data, iterations.length) : null,
    trained: iterations.map((each, iteration) =>
      trains(recipe) ? trainedPairs(recipeAt(recipe, iteration), each) : 0,
    ),
  };
}

function labellingOf({ samples, questions, maxViews }: IterationPlan, method: ScoringMethod): Work {
  const { sample, question } = ANSWERS[method];
  return { completions: samples, views: maxViews, answers: samples * sample + questions * question };
}

/** Without answers there is nothing to measure with; without test questions nothing to report. */
export function evaluates(recipe: Recipe, { hasAnswers, test }: PlannedData): boolean {
  return hasAnswers && test > 0 && trains(recipe);
}

function evaluationOf(recipe: Recipe, { val, test }: PlannedData, iterations: number): RunWork["evaluation"] {
  const heldOut = val + test;
  // The reference arms stop after the chunk that has the last test question.
  const referenced = Math.min(chunkSizes(test, recipe.chunk.questions).length * recipe.chunk.questions, heldOut);
  const views = recipe.evaluation.reference_views.length;
  return {
    floors: { completions: 0, views: referenced * views, answers: referenced * (views + 1) },
    policy: { completions: heldOut, views: heldOut * recipe.planner.max_instructions, answers: heldOut },
    policies: iterations + 1,
  };
}

function trainedPairs({ training }: Recipe, { maxPairs, maxOptimizerSteps }: IterationPlan): number {
  if (training.max_steps === undefined) return maxPairs * (training.num_train_epochs ?? 1);
  return maxOptimizerSteps * training.per_device_train_batch_size * training.gradient_accumulation_steps;
}

/** The sum of pieces of work, each done so many times. */
export function total(parts: readonly (readonly [Work, number])[]): Work {
  const sum = (of: (work: Work) => number): number => parts.reduce((all, [work, times]) => all + of(work) * times, 0);
  return { completions: sum((w) => w.completions), views: sum((w) => w.views), answers: sum((w) => w.answers) };
}

/** Does the run make its own pairs? */
export function labels(recipe: Recipe): boolean {
  return givenPairsOf(recipe) === undefined;
}
