import { existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { CommonRecipe } from "../../src/recipe/common.ts";
import { named } from "../../src/recipe/common.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import { pipelineOf } from "../../src/pipeline/index.ts";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { checkLines, failedChecks } from "../../src/report/checks.ts";
import { listRuns } from "../../src/temporal/runs.ts";
import { resultOf, startCheck } from "../../src/temporal/start.ts";
import { stageForFile } from "../harness/suite.ts";
import { PROJECT, simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

async function checked(recipe: CommonRecipe): Promise<RunResult> {
  const own = named(recipe, "check");
  await startCheck(stage.client, own, { step: pipelineOf(recipe).checkedBy! });
  return resultOf(stage.client, own.name);
}

const shipped = (file: string) => parse(readFileSync(join(PROJECT, "configs", file), "utf8")) as object;

test("every training of a recipe is checked, and no trace of a run is left", async () => {
  const result = await checked(parseRecipeObject({ ...shipped("spatial.simulated.yaml"), name: "chain" }));
  const rows = result.tables[0]!.rows.map(({ training, check, outcome }) => [training, check, outcome]);
  expect(rows).toEqual(
    ["stage 1 of 3 (sft)", "stage 2 of 3 (dpo)", "stage 3 of 3 (grpo)"].flatMap((title) => [
      [title, "data", "passed"],
      [title, "model", "not possible"],
    ]),
  );
  expect(failedChecks(result)).toBe(0);
  expect(checkLines(result).at(-1)).toBe("6 checks: 3 passed, 3 not possible.");
  expect(existsSync(join(stage.root, "results"))).toBe(false);
  expect(existsSync(join(stage.root, ".snowball/runs/chain-check.json"))).toBe(false);
  expect(await listRuns(stage.client)).toEqual([]);
});

test("rows that the training's judge cannot judge, and too few of them, fail before a model is asked", async () => {
  const file = "configs/samples/spatial/few.jsonl";
  const tasks = readFileSync(join(stage.root, "configs/samples/spatial/tasks.jsonl"), "utf8")
    .split("\n")
    .filter(Boolean);
  writeFileSync(join(stage.root, file), tasks.slice(0, 3).join("\n"));
  const recipe = parseRecipeObject({ ...shipped("spatial.simulated.yaml"), name: "few", stages: ["grpo"] });
  const data = [{ format: "plain", path: file, image_root: "configs/samples" }];
  const few = { ...recipe, grpo: { data, training: { backend: "simulated" } } };
  const result = await checked(parseRecipeObject(few));
  const [row, ...more] = result.tables[0]!.rows;
  expect(more).toEqual([]);
  expect(row).toMatchObject({ check: "data", outcome: "failed" });
  expect(row!["seen"]).toContain("do not fill one optimizer step");
  expect(failedChecks(result)).toBe(1);
});

test("a loop is checked on what its planner is asked", async () => {
  const result = await checked(simulatedRecipe("loop"));
  expect(result.tables[0]!.rows.map((row) => row["training"])).toEqual(["training", "training"]);
  expect(result.warnings[0]).toContain("the loop samples its pairs");
});

/** A training by rewards of the demo's planner, which knows nothing of squares. */
const RECIPE = {
  pipeline: "spatial",
  name: "toy",
  init: "demo/snowball/planner",
  stages: ["grpo"],
  grpo: {
    data: [{ format: "plain", path: "configs/samples/spatial/tasks.jsonl", image_root: "configs/samples" }],
    training: {
      backend: "trl",
      num_generations: 4,
      per_device_train_batch_size: 4,
      gradient_accumulation_steps: 1,
      max_completion_length: 12,
    },
  },
  benchmarks: [{ benchmark: "mmsi", data: { path: "configs/samples/bench.jsonl", image_root: "configs/samples" } }],
  answering: { backend: "transformers", dtype: "float32", min_pixels: 16384, max_pixels: 16384 },
};

test("a real training is tried: its rows, what its checkpoint says and earns, one step", async () => {
  symlinkSync(join(PROJECT, "demo"), join(stage.root, "demo"));
  const result = await checked(parseRecipeObject(RECIPE));
  const outcomes = Object.fromEntries(result.tables[0]!.rows.map(({ check, outcome }) => [check, outcome]));
  // The planner speaks of views at length, and so is cut.
  expect(outcomes, checkLines(result).join("\n")).toEqual({
    data: "passed",
    prompts: "passed",
    "image tokens": "passed",
    tokens: "passed",
    generations: "failed",
    rewards: "passed",
    step: "passed",
  });
  expect(failedChecks(result)).toBe(1);
  expect(existsSync(join(stage.root, "results"))).toBe(false);
});
