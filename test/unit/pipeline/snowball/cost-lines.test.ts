import { expect, test } from "vitest";
import { costsOf } from "../../../../src/pipeline/snowball/cost/costs.ts";
import { rounded, size } from "../../../../src/numbers.ts";
import { planLines, leftOutLine } from "../../../../src/pipeline/snowball/cost/lines.ts";
import { shipped } from "../../../support/recipe.ts";

const data = {
  shards: [35_000, 35_000, 35_000, 35_000, 35_000],
  val: 500,
  test: 1000,
  leftOut: { besideHeldOut: 78, aboveMaxSamples: 0 },
  hasAnswers: true,
  givenPairs: 0,
};
const model = { weights: 8_292_000_000, adapterWeights: 161_000_000 };
const rates = {
  planner: { completions_per_s: 6, devices: 4 },
  executor: { views_per_s: 5, devices: 4 },
  critic: { answers_per_s: 12, devices: 4 },
  trainer: { pairs_per_s: 4 },
};

test("the full recipe, before money is spent", () => {
  const costs = costsOf(shipped("snowball.full.yaml", { rates }), data, model);
  expect(planLines(costs, 2e12)).toEqual([
    "full   1.4 M rollouts · up to 7.0 M views · at most 175,000 pairs",
    "  data          175,000 questions · 5 × 35,000",
    "  held out      500 val, 1,000 test · evaluating 6 policies: 14,120 answers, up to 49,096 views",
    "  left out      78 questions share a picture or a scene with what is held out",
    "  training      at most 2,188 to 10,938 optimizer steps an iteration · 654 checkpoints in all",
    expect.stringMatching(
      /^ {2}disk at peak {2}15 TB \(views 15 TB, checkpoints 5\.8 GB, models 169 GB, rows \d+ GB\); 2\.0 TB are free$/,
    ),
    "  GPU-hours     planner 65 · executor 392 · critic 37 · trainer 36   at the rates in the recipe",
    "  bottleneck    the executor: with 4 devices for it a run takes about 5.6 days, with 16 about 2.5 days",
    expect.stringMatching(/^ {2}history {7}at most 5,4\d\d events in a workflow$/),
    "",
    "  iteration   questions   rollouts       views     pairs   optimizer steps",
    "  1              35,000    280,000   1,400,000    35,000             2,188",
    "  2              35,000    280,000   1,400,000    70,000             4,375",
    "  3              35,000    280,000   1,400,000   105,000             6,563",
    "  4              35,000    280,000   1,400,000   140,000             8,750",
    "  5              35,000    280,000   1,400,000   175,000            10,938",
    "Note: the disk is too small for this plan: it needs up to 15 TB, and 2.0 TB are free; `run` will refuse it.",
  ]);
});

test("what a run leaves out of its data is said where there is any", () => {
  expect(leftOutLine({ besideHeldOut: 0, aboveMaxSamples: 0 })).toBeNull();
  expect(leftOutLine({ besideHeldOut: 1, aboveMaxSamples: 1_200 })).toBe(
    "1 question shares a picture or a scene with what is held out · 1,200 questions above data.max_samples",
  );
});

test("without answers, without rates, without a checkpoint to look at", () => {
  const lines = planLines(costsOf(shipped("snowball.pilot.yaml"), { ...data, hasAnswers: false }, null), null);
  expect(lines).toContain("  held out      500 val, 1,000 test · the data has no answers: accuracy and gate are off");
  expect(lines.find((line) => line.startsWith("  GPU-hours"))).toContain("not known: the recipe has no `rates`");
  expect(lines.join("\n")).toContain("Note: the planner's checkpoint is not there");
});

test("numbers as people say them", () => {
  expect([0, 999, 1000, 4096, 18_400_000, 999_600_000, 1.9e12].map(size)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.0 kB",
    "4.1 kB",
    "18 MB",
    "1.0 GB",
    "1.9 TB",
  ]);
  expect([175_000, 1_400_000].map(rounded)).toEqual(["175,000", "1.4 M"]);
});

test("policies that are served merged are said to be, and need no room for adapters in the server", () => {
  const recipe = shipped("snowball.pilot.yaml", {
    planner: { backend: "vllm", policies: "merged", vllm: { max_lora_rank: 8 } },
  });
  expect(planLines(costsOf(recipe, data, model), null)).toContain(
    "  policies      served as merged checkpoints, where the canary passed: the planner's server starts anew for each",
  );
});
