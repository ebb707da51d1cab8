import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createCheckpoints } from "../../../activities/checkpoints.ts";
import { type RunningJob, runTrainJob } from "../../../activities/train-job.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import { StepFailure } from "../../../src/failure.ts";
import type { TrainerBackend, TrainRequest } from "../../../src/model/trainer/backend.ts";
import { recipeOf } from "../../support/artifacts.ts";
import { shipped } from "../../support/recipe.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const context = { signal: new AbortController().signal, report: () => {} };
const STEPS = 6;

/** A trainer of six steps and a checkpoint at every second; above `fits` pairs a pass, the third has no room. */
function device(fits: number) {
  const started: { pairs: number; passes: number; from: string | null }[] = [];
  const trainer: Pick<TrainerBackend, "train"> = {
    async train({ settings, resume_from: resumed, checkpoints, output }, { onEvent }) {
      const { per_device_train_batch_size: pairs, gradient_accumulation_steps: passes } = settings;
      const from = resumed === null ? 0 : Number(readFileSync(join(resumed, "step"), "utf8"));
      started.push({ pairs, passes, from: resumed && basename(resumed) });
      // What a start leaves behind would be in the next one's way.
      for (const left of ["model_lora", "best", "checkpoint-2"]) mkdirSync(join(output, left));
      for (let step = from + 1; step <= STEPS; step += 1) {
        if (step === 3 && pairs > fits) throw new StepFailure("OutOfMemory", "The device ran out of memory.");
        await onEvent({ event: "progress", step, total: STEPS, metrics: { pairs } });
        if (step % 2 === 1) continue;
        const folder = join(checkpoints, `checkpoint-${step}`);
        mkdirSync(folder);
        writeFileSync(join(folder, "step"), String(step));
        await onEvent({ event: "checkpoint", step, folder });
      }
      return { loss: 1 };
    },
  };
  return { trainer: trainer as TrainerBackend, started };
}

function world(pairs = 8) {
  const root = temporaryFolder();
  const store = createLocalStore(root);
  const output = join(root, "output");
  mkdirSync(output);
  const { training } = shipped("snowball.full.yaml");
  const request = {
    output,
    deepspeed: null,
    settings: { ...training, per_device_train_batch_size: pairs, gradient_accumulation_steps: 2 },
  } as unknown as TrainRequest;
  const job: RunningJob = {
    request,
    checkpoints: createCheckpoints(store, recipeOf("train"), { saveSteps: 2, maxSteps: STEPS }),
    silenceMs: 1000,
    log: pino({ enabled: false }),
    unchanged: async () => undefined,
  };
  return { job, output };
}

const lines = (log: string): object[] =>
  log
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);

test("out of memory, it goes on from the last checkpoint with half the batch and twice the passes", async () => {
  const { job, output } = world();
  const { trainer, started } = device(2);
  const { batch, log } = await runTrainJob(trainer, job, context);
  expect(started).toEqual([
    { pairs: 8, passes: 2, from: null },
    { pairs: 4, passes: 4, from: "trainer" },
    { pairs: 2, passes: 8, from: "trainer" },
  ]);
  expect(batch).toEqual({ per_device_train_batch_size: 2, gradient_accumulation_steps: 8 });
  expect(lines(log)).toEqual([8, 8, 2, 2, 2, 2].map((pairs, at) => ({ step: at + 1, pairs })));
  expect(existsSync(join(output, "model_lora"))).toBe(true);
});

test("a later attempt goes on with the batch that fitted, and says so", async () => {
  const { job } = world();
  await runTrainJob(device(4).trainer, job, context);
  const again = device(4);
  const { batch } = await runTrainJob(again.trainer, job, context);
  expect(again.started).toEqual([{ pairs: 4, passes: 4, from: "trainer" }]);
  expect(batch).toEqual({ per_device_train_batch_size: 4, gradient_accumulation_steps: 4 });
});

test("where the recipe's batch fits, nothing is noted", async () => {
  const { job } = world();
  const { trainer, started } = device(8);
  expect(await runTrainJob(trainer, job, context)).toMatchObject({ batch: null });
  expect(started).toHaveLength(1);
  expect(await job.checkpoints.newest()).toMatchObject({ batch: null });
});

test("one pair that does not fit stops the step with advice", async () => {
  const { job } = world(2);
  const { trainer, started } = device(0);
  await expect(runTrainJob(trainer, job, context)).rejects.toMatchObject({
    type: "OutOfMemory",
    message: expect.stringMatching(/a single row at once; lower max_pixels, .* "zero3"\)\.$/),
  });
  expect(started.map(({ pairs }) => pairs)).toEqual([2, 1]);
});

test("any other failure is the job's own", async () => {
  const { job } = world();
  const trainer = { train: () => Promise.reject(new StepFailure("ChildError", "no longer finite")) };
  await expect(runTrainJob(trainer as never, job, context)).rejects.toThrow("no longer finite");
});
