import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Finding } from "../../src/contract/check.ts";
import { snowball } from "../harness/command.ts";
import { newRoot, PROJECT } from "../harness/world.ts";

let root: string;

beforeAll(() => {
  root = newRoot();
  symlinkSync(join(PROJECT, "demo"), join(root, "demo"));
});
afterAll(() => rmSync(root, { recursive: true }));

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

function write(name: string, recipe: object): string {
  const file = join(root, `${name}.json`);
  writeFileSync(file, JSON.stringify(recipe));
  return file;
}

test("a real training is tried: its rows, what its checkpoint says and earns, a step; what failed is the exit status", async () => {
  const { stdout, exitCode, all } = await snowball(root, "check", write("toy", RECIPE), "--json");
  expect(exitCode, all).toBe(1);
  const { checks } = JSON.parse(stdout) as { checks: Finding[] };
  const outcomes = Object.fromEntries(checks.map(({ check, outcome }) => [check, outcome]));
  // The planner speaks of views at length, and so is cut.
  expect(outcomes).toEqual({
    data: "passed",
    prompts: "passed",
    "image tokens": "passed",
    tokens: "passed",
    generations: "failed",
    rewards: "passed",
    step: "passed",
  });
  expect(existsSync(join(root, "results"))).toBe(false);
});

test("what cannot be checked is said in a sentence, before anything is started", async () => {
  const { all, exitCode } = await snowball(root, "check", join(root, "configs/evaluate.simulated.yaml"));
  expect([all, exitCode]).toEqual(["A run of evaluate trains nothing: there is nothing to check.", 2]);
  const unknown = await snowball(root, "check", write("toy", RECIPE), "--mlx", "--model", "9b");
  expect(unknown.all).toBe(
    '--model is "9b", neither 3b-4bit, 3b-8bit, 7b-4bit, 7b-8bit, 32b-4bit nor the folder of a checkpoint.',
  );
  expect(unknown.exitCode).toBe(2);
});

test("run --debug makes a small run under a name of its own", async () => {
  const shipped = join(root, "configs/spatial.simulated.yaml");
  const { all, exitCode } = await snowball(root, "run", shipped, "--debug");
  expect(exitCode, all).toBe(0);
  expect(all).toContain("spatial-simulated-debug");
  const record = JSON.parse(readFileSync(join(root, ".snowball/runs/spatial-simulated-debug.json"), "utf8")) as {
    folder: string;
  };
  const recipe = JSON.parse(readFileSync(join(root, record.folder, "config.json"), "utf8")) as {
    sft: { training: { max_steps: number } };
  };
  expect(recipe.sft.training.max_steps).toBe(50);
});
