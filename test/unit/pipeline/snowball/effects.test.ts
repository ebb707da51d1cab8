import { expect, test } from "vitest";
import { compareRecipes } from "../../../../src/pipeline/snowball/change/comparison.ts";
import { effectOf } from "../../../../src/pipeline/snowball/change/effects.ts";
import { parseRecipeObject } from "../../../../src/pipeline/parse.ts";
import { changedFrom, recipeAt } from "../../../../src/pipeline/snowball/at-iteration.ts";
import type { Recipe } from "../../../../src/pipeline/snowball/recipe/index.ts";
import { shipped } from "../../../support/recipe.ts";

const before = shipped("snowball.pilot.yaml");
const faster = shipped("snowball.pilot.yaml", { training: { learning_rate: 5e-5 } });

test.each([
  ["data.path", { step: "questions", iteration: 0 }],
  ["chunk.questions", { step: "questions", iteration: 0 }],
  ["chunk.window", null],
  ["planner.temperature", { step: "rollout", iteration: 0 }],
  ["planner.micro_batch", null],
  ["prompt.format", { step: "imagine", iteration: 0 }],
  ["evaluation.reader", { step: "evaluate", iteration: 0 }],
  ["executor.width", { step: "imagine", iteration: 0 }],
  ["scoring.method", { step: "score", iteration: 0 }],
  ["scoring.min_score_gap", { step: "pairs", iteration: 0 }],
  ["training.learning_rate", { step: "train", iteration: 0 }],
  ["training.save_steps", null],
  ["loop.controls.accumulate", { step: "train", iteration: 1 }],
  ["evaluator.model", { step: "evaluate", iteration: 0 }],
  ["retries.max_attempts", null],
  ["something.new", { step: "questions", iteration: 0 }],
])("%s", (field, effect) => expect(effectOf(field)).toEqual(effect));

test("every field of a recipe is known to the table, or to one of its blocks", () => {
  const blocks = Object.keys(before).filter((block) => !["loop"].includes(block));
  // What is not known counts as a change of the questions; of these blocks that is meant for a few only.
  const meant = ["pipeline", "name", "seed", "data", "chunk"];
  expect(blocks.filter((block) => effectOf(block)?.step === "questions").toSorted()).toEqual(meant.toSorted());
});

test("rates are no part of what a run is", () => {
  const measured = shipped("snowball.pilot.yaml", { rates: { planner: { completions_per_s: 3 } } });
  expect(compareRecipes(before, measured)).toEqual([]);
});

test("kept until iteration 2: earlier iterations work by the old block, later ones by the new one", () => {
  const mixed = changedFrom(before, faster, 2);
  expect([0, 1, 2, 4].map((at) => recipeAt(mixed, at).training.learning_rate)).toEqual([1e-5, 1e-5, 5e-5, 5e-5]);
  expect(parseRecipeObject(structuredClone(mixed))).toEqual(mixed);
  expect(compareRecipes(before, mixed)).toEqual([
    { field: "training.learning_rate", change: "0.00001 → 0.00005", effect: { step: "train", iteration: 2 } },
  ]);
  // The same promise once more changes nothing, so that ^C and the same command go on.
  expect(changedFrom(mixed, faster, 2)).toEqual(mixed);
});

test("a second change later keeps the first one", () => {
  const first = changedFrom(before, faster, 2);
  const picky: Recipe = { ...faster, scoring: { ...faster.scoring, min_score_gap: 0.5 } };
  const second = changedFrom(first, picky, 3);
  const settings = [1, 2, 3].map((at) => [
    recipeAt(second, at).training.learning_rate,
    recipeAt(second, at).scoring.min_score_gap,
  ]);
  expect(settings).toEqual([
    [1e-5, 0.3],
    [5e-5, 0.3],
    [5e-5, 0.5],
  ]);
});

const bad = (changes: object[]) => () => parseRecipeObject({ ...structuredClone(before), changes });

test("changes must fit the rest, lie inside the run and differ in their start", () => {
  const changes = [{ from_iteration: 2, training: { backend: "trl", label_smoothing: 0.1 } }];
  expect(bad(changes)).toThrow(/^From iteration 2 on: training\.label_smoothing is 0\.1/);
  expect(bad([{ from_iteration: 5 }])).toThrow("changes[0].from_iteration is 5; at most 4 is needed.");
  expect(bad([{ from_iteration: 2 }, { from_iteration: 2 }])).toThrow("one entry each is needed");
});
