import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import type { ControlSteps, TrainSteps } from "../../src/contract/steps.ts";
import type { TrainJob } from "../../src/contract/training.ts";
import { sha256OfFile } from "../../src/artifact/digest.ts";
import { projectRunners } from "../../src/model/python.ts";
import { createTrlTrainer } from "../../src/model/trainer/trl.ts";
import type { SnowballSteps } from "../../src/pipeline/snowball/contract/steps.ts";
import { made, recipeOf } from "../support/artifacts.ts";
import { aRow, dataRoot } from "../support/data.ts";
import { parsed } from "../support/recipe.ts";
import { stepsIn } from "../support/steps.ts";

const REPO = join(import.meta.dirname, "../..");
const IDS = ["a", "b", "c", "d"];
type Steps = ControlSteps & TrainSteps & SnowballSteps;

/** A run that was opened on the shipped toy planner, with the training step as it is: real Python, a real socket. */
async function opened() {
  const { root, recipe } = await dataRoot(IDS.map((id) => aRow(id)));
  cpSync(join(REPO, "demo/snowball/planner"), join(root, "models/planner"), { recursive: true });
  const lock = join(root, "cpu.lock");
  const device = { kind: "cpu", index: 0, name: "cpu", threads: 1, lock } as const;
  const { train } = createTrlTrainer(projectRunners(), [device], pino({ enabled: false }));
  const bench = stepsIn<Steps>(root, { meanwhile: () => undefined, train });
  const planner = { ...recipe.planner, backend: "transformers", model: "models/planner", dtype: "float32" };
  const own = parsed({ ...recipe, planner, training: { ...recipe.training, backend: "trl" }, simulate: undefined });
  return { root, bench, plan: await bench.steps.openSnowball(own, own.name) };
}

/** Trains the toy planner on rows about the four pictures. */
async function trained(
  here: Awaited<ReturnType<typeof opened>>,
  algorithm: string,
  file: string,
  more: object,
  settings: TrainJob["settings"],
) {
  const { root, bench, plan } = here;
  const rows = IDS.map((id) => ({
    id,
    image: [`${id}.png`],
    policy: "",
    system: null,
    prompt: "Where is it?",
    ...more,
  }));
  const digests = IDS.map(async (id) => [`${id}.png`, await sha256OfFile(join(root, "data/images", `${id}.png`))]);
  const files = {
    [file]: JSON.stringify(rows),
    "images.json": JSON.stringify(Object.fromEntries(await Promise.all(digests))),
  };
  const ref = await made(bench.deps.store, { ...recipeOf("rows"), params: { algorithm, ...more } }, files);
  const job: TrainJob = {
    algorithm,
    init: plan.policy,
    data: [{ ref: { ...ref, rows: rows.length }, sampledBy: null }],
    images: "data/images",
    loading: { dtype: "float32", attn_implementation: "sdpa", min_pixels: 16_384, max_pixels: 16_384 },
    settings: {
      backend: "trl",
      lora_rank: 4,
      per_device_train_batch_size: 4,
      gradient_accumulation_steps: 1,
      ...settings,
    },
    seed: 1,
  };
  const { policy, metrics } = await bench.steps.trainPolicy({ run: plan.run, title: algorithm, job });
  const folder = await bench.deps.store.open(policy.adapter!);
  const log = readFileSync(join(folder, "training_log.jsonl"), "utf8").trim().split("\n");
  return { metrics, log: log.map((line) => JSON.parse(line) as Record<string, number>), folder };
}

test("answers are learned through the training step", async () => {
  const settings = { learning_rate: 0.02, num_train_epochs: 6 };
  const { log, metrics, folder } = await trained(
    await opened(),
    "sft",
    "sft_rows.json",
    { answer: "to the left" },
    settings,
  );
  expect(log.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(log.at(-1)!["loss"]).toBeLessThan(log[0]!["loss"]!);
  expect(metrics).toMatchObject({ answers: 4, steps: 6 });
  expect(JSON.parse(readFileSync(join(folder, "sft.json"), "utf8"))).toHaveLength(4);
});

test("completions are judged by the worker, through its socket", async () => {
  const here = await opened();
  const settings = { max_completion_length: 8, temperature: 1, learning_rate: 0.01, rewards: { spatial: 1 } };
  const { log, metrics } = await trained(here, "grpo", "grpo_rows.json", { truth: "left", kind: "spatial" }, settings);
  expect(log.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
  // 2R − 1 of no exact answer: at best one of many words, at worst none.
  for (const { reward, spatial, "spatial/format": format } of log) {
    expect(reward).toBeCloseTo(spatial!, 5);
    expect(reward).toBeGreaterThanOrEqual(-0.88 - 1e-6);
    expect(reward).toBeLessThanOrEqual(1);
    expect(format).toBeGreaterThanOrEqual(0.3 - 1e-6);
  }
  expect(metrics).toMatchObject({ questions: 4, steps: 4, completion_length: expect.any(Number) as number });
  const unjudged = trained(here, "grpo", "grpo_rows.json", { truth: "", kind: "spatial" }, settings);
  await expect(unjudged).rejects.toThrow('Row "a" has no true answer; nothing was trained.');
});
