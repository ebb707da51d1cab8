import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { optimizerSteps } from "../../../../src/training/common.ts";
import {
  chunkSizes,
  planIterations,
  recipeWarnings,
  shardSizes,
} from "../../../../src/pipeline/snowball/cost/iterations.ts";
import { shipped } from "../../../support/recipe.ts";

const pilot = shipped("snowball.pilot.yaml");

test("the pilot's first iteration: 340 questions, 2,720 samples, at most 13,600 views and 22 optimizer steps", () => {
  const plan = planIterations(pilot, 1700);
  expect(plan[0]).toEqual({
    questions: 340,
    chunks: 22,
    samples: 2720,
    maxViews: 13_600,
    maxPairs: 340,
    maxOptimizerSteps: 22,
  });
  expect(plan.map(({ maxPairs }) => maxPairs)).toEqual([340, 680, 1020, 1360, 1700]);
});

test("without accumulation every training has its own shard's pairs only", () => {
  const alone = shipped("snowball.pilot.yaml", { loop: { num_iterations: 2, controls: { accumulate: false } } });
  expect(planIterations(alone, 100).map(({ maxPairs }) => maxPairs)).toEqual([50, 50]);
});

describe("optimizer steps, as the Trainer counts them", () => {
  test.each([
    // 340 pairs are 170 batches of 2, and 170 / 8 = 21.25 steps
    [340, {}, 22],
    [336, {}, 21],
    [1, {}, 1],
    [340, { num_train_epochs: 3 }, 66],
    [340, { num_train_epochs: 0.5 }, 11],
    [340, { num_processes: 4 }, 6],
    [340, { num_train_epochs: undefined, max_steps: 160 }, 160],
    [65, { per_device_train_batch_size: 8, gradient_accumulation_steps: 1 }, 9],
  ])("%d pairs with %j: %d", (pairs, over, steps) => {
    expect(optimizerSteps(pairs, { ...pilot.training, ...over })).toBe(steps);
  });
});

test("shards differ by at most one and add up; chunks are full but the last", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 20 }), (questions, parts) => {
      const shards = shardSizes(questions, parts);
      expect(shards).toEqual(
        Array.from(
          { length: parts },
          (_, shard) => [...Array(questions).keys()].filter((i) => i % parts === shard).length,
        ),
      );
      const chunks = chunkSizes(questions, parts);
      expect(chunks.reduce((sum, size) => sum + size, 0)).toBe(questions);
      expect(chunks.slice(0, -1).every((size) => size === parts)).toBe(true);
      expect(chunks.every((size) => size > 0)).toBe(true);
    }),
  );
});

describe("warnings", () => {
  test("few steps at a full-model learning rate; none at a LoRA-sized one", () => {
    expect(recipeWarnings(pilot, 1700)).toEqual([
      expect.stringMatching(/^training makes at most 22 optimizer steps in iteration 1 at learning_rate 0.00001/),
    ]);
    expect(recipeWarnings(shipped("snowball.pilot.yaml", { training: { learning_rate: 5e-5 } }), 1700)).toEqual([]);
  });

  test("the critic as its own examiner, and nothing held out", () => {
    const same = shipped("snowball.demo.yaml", {
      evaluator: { model: "demo/snowball/critic" },
      data: { held_out: {} },
    });
    expect(recipeWarnings(same, 320)).toEqual([
      expect.stringMatching(/^critic and evaluator are the same model/),
      expect.stringMatching(/^data.held_out is 0/),
    ]);
  });
});
