import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readAllJsonLines, readJson, writeJson } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import { MANIFEST } from "../src/artifact/manifest.ts";
import type { Made } from "../src/artifact/store.ts";
import type { PolicyRef } from "../src/contract/artifact.ts";
import type { Trained, TrainInput } from "../src/contract/training.ts";
import type { Batch } from "../src/model/trainer/batch.ts";
import type { CommonRecipe } from "../src/recipe/common.ts";
import { baseDigest, policyDigest } from "../src/run/policy.ts";
import { trainParams } from "../src/training/keys.ts";
import { createCheckpoints } from "./checkpoints.ts";
import type { ActivityDeps } from "./deps.ts";
import { checkGiven, type Given, givenFolders, imagesOf } from "./given.ts";
import { checkJudged, withJudge } from "./judge.ts";
import { ownRewards } from "./own-rewards.ts";
import { referenceFindings, withFindings } from "./reference.ts";
import type { StepContext } from "./step.ts";
import { type RunningJob, runTrainJob } from "./train-job.ts";
import { foldersOf, joinRows, tooFew, trainSettings, validationOf, validationRows } from "./train-request.ts";

/** Raise when the meaning of a trained policy changes. */
const RESULT_VERSION = 2;

/** Beside the rows, those by which the best checkpoint is found. */
const VALIDATION_ROWS = "validation_rows.json";

/** Makes a policy from rows by the algorithm of the job. Everything in the job is in the key. */
export async function trainPolicy(deps: ActivityDeps, context: StepContext, input: TrainInput): Promise<Trained> {
  const { store } = deps;
  const { job } = input;
  const asked = await trainSettings(store, input);
  const { opened, algorithm, own, settings } = asked;
  const { files, steps: stepsOf, judge: judgeOf, ownJudges, warnings } = algorithm;
  const { dtype } = job.loading;
  const brought = await ownRewards(deps, ownJudges?.(own) ?? []);
  const other = job.reference ? [policyDigest(job.reference)] : [];
  const found = await referenceFindings(deps, context, input, asked);
  const validation = validationOf(job);
  const recipeOf = {
    step: "train",
    version: RESULT_VERSION,
    params: {
      ...trainParams(settings),
      ...(brought.digests.length > 0 && { programs: brought.digests }),
      ...(found && { reference: found.refs.map(({ sha256 }) => sha256) }),
      // Said beside the digest, which alone could be that of rows to learn from.
      ...(job.validation && { validated: true }),
    },
    inputs: [baseDigest(job.init), ...other, ...[...validation, ...job.data].map((each) => each.ref.sha256)],
  };
  const rows = job.data.reduce((sum, each) => sum + each.ref.rows, 0);
  const maxSteps = stepsOf(rows, own);
  if (maxSteps === 0) throw tooFew(rows, input.title);
  const steps = { saveSteps: own.save_steps, maxSteps };
  const judge = judgeOf?.(own, brought.judges);
  const checkpoints = createCheckpoints(store, recipeOf, steps);
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    const data = join(folder, files.joined);
    const joined = withFindings(await joinRows(deps, input, files.rows), found);
    const heldOut = await validationRows(deps, input, files.rows);
    // As they are numbered in the trainer: those that it learns from come first.
    const judged = [...joined, ...heldOut];
    checkJudged(judge, judged);
    await writeJson(data, joined);
    const unlearned = heldOut.length === 0 ? null : join(folder, VALIDATION_ROWS);
    if (unlearned !== null) await writeJson(unlearned, heldOut);
    const given: Given = {
      models: own.backend === "simulated" ? [] : givenFolders([job.init, job.reference]),
      images: { folder: job.images, digests: await imagesOf(deps, [...job.data, ...validation]) },
    };
    const unchanged = (): Promise<void> => checkGiven(deps, context, given);
    await unchanged();
    const folders = await foldersOf(deps, job);
    const silenceMs = opened.recipe.retries.silence_s * 1000;
    const batch = await withJudge(judge, judged, (socket) => {
      const request = { ...settings, ...folders, data, validation: unlearned, output: folder, judge: socket };
      const running = { request, checkpoints, silenceMs, log: deps.log, unchanged };
      return train(deps, context, running, opened.recipe);
    });
    await unchanged();
    return { rows: joined.length, ...(batch && { notes: { batch } }) };
  });
  await checkpoints.drop();
  const policy: PolicyRef = own.tuning === "full" ? { base: ref, dtype } : { base: job.init.base, adapter: ref, dtype };
  const trained = await store.open(ref);
  const metrics = await readJson<Record<string, number>>(join(trained, "training.json"));
  const log = await readAllJsonLines<Record<string, number>>(join(trained, "training_log.jsonl"));
  const said = [
    ...smallerBatchOf(await readJson<Made>(join(trained, MANIFEST))),
    ...(warnings?.(log, rows, own) ?? []),
  ];
  return { policy, digest: policyDigest(policy), metrics, warnings: said };
}

/** What to write into the recipe, so that the next attempt begins with what fitted. */
function smallerBatchOf({ notes }: Made): string[] {
  const batch = notes?.["batch"] as Batch | undefined;
  if (batch === undefined) return [];
  const { per_device_train_batch_size: rows, gradient_accumulation_steps: passes } = batch;
  return [
    `the device ran out of memory, and it went on with per_device_train_batch_size: ${rows} and gradient_accumulation_steps: ${passes}; so in the recipe, no time is lost.`,
  ];
}

/** Trains on leased devices, and writes log and metrics beside what was trained. */
async function train(deps: ActivityDeps, context: StepContext, job: RunningJob, { simulate }: CommonRecipe) {
  const { settings, output } = job.request;
  const { signal, report } = context;
  const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
  const spec = { backend: settings.backend, devices: settings.num_processes, simulate };
  const { metrics, log, batch } = await deps.models.withTrainer(spec, waiting, (trainer) =>
    runTrainJob(trainer, job, context),
  );
  await writeFile(join(output, "training_log.jsonl"), log);
  const lasting = Object.entries(metrics).filter(([name]) => !TIMINGS.test(name));
  await writeJson(join(output, "training.json"), Object.fromEntries(lasting));
  return batch;
}

/** Timings differ between runs that are otherwise equal; Temporal's history has them. */
const TIMINGS = /runtime|per_second|flos|time/;
