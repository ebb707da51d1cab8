import { describe, expect, test } from "vitest";
import { costsOf } from "../../../../src/pipeline/snowball/cost/costs.ts";
import { diskOf } from "../../../../src/pipeline/snowball/cost/disk.ts";
import { timeOf } from "../../../../src/pipeline/snowball/cost/time.ts";
import { workOf } from "../../../../src/pipeline/snowball/cost/work.ts";
import { shipped } from "../../../support/recipe.ts";

const data = {
  shards: [340, 340, 340, 340, 340],
  val: 100,
  test: 200,
  leftOut: { besideHeldOut: 0, aboveMaxSamples: 0 },
  hasAnswers: true,
  givenPairs: 0,
};
const pilot = shipped("snowball.pilot.yaml");

describe("work", () => {
  test("the pilot: 5 × 340 questions, 8 rollouts, at most 5 views each; 6 policies on 300 held-out questions", () => {
    const { labelling, evaluation, trained } = workOf(pilot, data);
    // 340 × 8; × 5; and an answer for each sample and for each question without views
    expect(labelling).toEqual(
      Array.from({ length: 5 }, () => ({ completions: 2720, views: 13_600, answers: 2720 + 340 })),
    );
    // 13 chunks of 16 have the 200 test questions: 208 questions, 4 reference views and one arm without any
    expect(evaluation).toEqual({
      floors: { completions: 0, views: 832, answers: 1040 },
      policy: { completions: 300, views: 1500, answers: 300 },
      policies: 6,
    });
    expect(trained).toEqual([340, 680, 1020, 1360, 1700]);
  });

  test("a rating may be asked twice, and needs no answer without views", () => {
    const explicit = shipped("snowball.pilot.yaml", {
      scoring: { method: "explicit" },
      prompt: { rate: "rate.txt", rate_again: "again.txt" },
    });
    expect(workOf(explicit, data).labelling[0]!.answers).toBe(2 * 2720);
  });

  test("nothing is evaluated without answers, or without test questions", () => {
    expect(workOf(pilot, { ...data, hasAnswers: false }).evaluation).toBeNull();
    expect(workOf(pilot, { ...data, test: 0 }).evaluation).toBeNull();
  });
});

const round = (over: Readonly<Record<string, object>>) => shipped("single-round.lora.yaml", over);

describe("a single round", () => {
  test("that stops after its pairs trains and evaluates nothing", () => {
    const { labelling, evaluation, trained, iterations } = workOf(round({ round: { stop_after: "pairs" } }), {
      ...data,
      shards: [100],
    });
    expect(labelling[0]!.completions).toBe(100 * pilot.planner.num_rollouts);
    expect([evaluation, trained, iterations[0]!.maxOptimizerSteps]).toEqual([null, [0], 0]);
  });

  test("that starts from given pairs samples nothing, and trains on all of them in every epoch", () => {
    const recipe = round({ round: { pairs: "mine.json" }, training: { num_train_epochs: 3 } });
    const { labelling, evaluation, trained } = workOf(recipe, { ...data, shards: [], givenPairs: 500 });
    expect(labelling).toEqual([{ completions: 0, views: 0, answers: 0 }]);
    expect(evaluation?.policies).toBe(2);
    expect(trained).toEqual([1500]);
    expect(costsOf(recipe, { ...data, shards: [], givenPairs: 500 }, null).history.child).toBeGreaterThan(0);
  });
});

describe("disk", () => {
  test("views by their pixels, checkpoints by the trained weights, models in float32", () => {
    const small = shipped("snowball.pilot.yaml", { loop: { num_iterations: 1 }, training: { save_steps: 10 } });
    const work = workOf(small, { ...data, shards: [340], hasAnswers: false });
    const disk = diskOf(small, work, { weights: 1_000_000, adapterWeights: 10_000 });
    // 1024 × 1024 pixels at 2 bytes are 512 blocks of 4,096 bytes
    expect(disk.views).toBe(13_600 * 2_097_152);
    // 340 pairs are 22 optimizer steps: checkpoints after 10 and 20, of 12 bytes a trained weight
    expect(disk.checkpointCount).toBe(2);
    expect(disk.checkpoints).toBe(2 * 10_000 * 12);
    expect(disk.models).toBe(4 * 1_010_000);
    expect(disk.total).toBe(disk.views + disk.checkpoints + disk.models + disk.rows);
  });

  test("the toy loop takes megabytes, so that no disk is too small for it", () => {
    const demo = shipped("snowball.demo.yaml");
    const work = workOf(demo, { ...data, shards: [64, 64, 64, 64, 64] });
    expect(diskOf(demo, work, { weights: 1_100_000, adapterWeights: 90_000 }).total).toBeLessThan(200e6);
  });
});

const work = (recipe: typeof pilot) => workOf(recipe, { ...data, shards: [340], hasAnswers: false });

describe("time", () => {
  const rates = {
    planner: { completions_per_s: 10 },
    executor: { views_per_s: 0.5, devices: 2 },
    critic: { answers_per_s: 5 },
    trainer: { pairs_per_s: 1 },
  };
  const one = { loop: { num_iterations: 1 }, rates };

  test("device-hours by role; streamed, an iteration takes as long as its slowest role and then trains", () => {
    const recipe = shipped("snowball.pilot.yaml", one);
    const time = timeOf(recipe, work(recipe))!;
    expect(time.hours.planner).toBeCloseTo(272 / 3600);
    expect(time.hours.executor).toBeCloseTo(27_200 / 3600);
    expect(time.hours.trainer).toBeCloseTo(340 / 3600);
    // 13,600 views on two devices of half a view a second, then 340 pairs
    expect(time.wallHours).toBeCloseTo((13_600 + 340) / 3600);
    // with four times as many: 3,400 s of views, still more than the critic's 612 s
    expect(time.bottleneck).toMatchObject({ role: "executor", devices: 2 });
    expect(time.bottleneck!.wallHoursWithFourTimes).toBeCloseTo((3400 + 340) / 3600);
  });

  test("staged, the roles follow each other", () => {
    const recipe = shipped("snowball.pilot.yaml", { ...one, loop: { num_iterations: 1, schedule: "staged" } });
    expect(timeOf(recipe, work(recipe))!.wallHours).toBeCloseTo((272 + 13_600 + 612 + 340) / 3600);
  });

  test("a role without a rate is named, and no time is invented", () => {
    const recipe = shipped("snowball.pilot.yaml", { ...one, rates: { planner: rates.planner } });
    expect(timeOf(recipe, work(recipe))).toMatchObject({
      unknown: ["executor", "critic", "trainer"],
      wallHours: null,
      bottleneck: null,
    });
    expect(costsOf(pilot, data, null).time).toBeNull();
  });
});
