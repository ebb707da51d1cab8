import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writeJson } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { PolicyRef } from "../src/contract/artifact.ts";
import type { Trained, TrainInput, TrainSteps } from "../src/contract/steps.ts";
import { StepFailure } from "../src/failure.ts";
import { trainParams, type TrainSettings } from "../src/model/trainer/key-params.ts";
import type { PairRow } from "../src/preference/rows.ts";
import { optimizerSteps } from "../src/recipe/plan.ts";
import { type Checkpoints, createCheckpoints } from "./checkpoints.ts";
import type { ActivityDeps } from "./deps.ts";
import { mergePolicy } from "./merge.ts";
import { deepspeedOf } from "./deepspeed.ts";
import { baseFolder, baseSettings } from "./model-specs.ts";
import { readRunAt, type RunFiles } from "../src/run/files.ts";
import { policyDigest } from "../src/run/policy.ts";
import { asActivity, type StepContext } from "./step.ts";
import { runTrainJob, type TrainedJob } from "./train-job.ts";

/** Raise when the meaning of a trained adapter changes. */
const RESULT_VERSION = 1;

/** A policy is made from pairs: a fresh adapter on the base, then its merge. */
export function createTrainActivities(deps: ActivityDeps): TrainSteps {
  return {
    trainPolicy: asActivity(deps, trainPolicy),
    mergePolicy: asActivity(deps, mergePolicy),
  };
}

async function trainPolicy(deps: ActivityDeps, context: StepContext, input: TrainInput): Promise<Trained> {
  const { store } = deps;
  const files = await readRunAt(store, input.run, input.iteration);
  const { planner, training, loop, seed } = files.recipe;
  const base = files.models.planner;
  const settings: TrainSettings = {
    ...baseSettings(files),
    training,
    deepspeed: await deepspeedOf(deps.root, training.deepspeed),
    sft_only: loop.controls.sft_only,
    seed,
  };
  const recipeOf = {
    step: "train",
    version: RESULT_VERSION,
    params: trainParams(settings),
    inputs: [base, ...input.pairs.map((each) => each.pairs.sha256)],
  };
  const given = input.pairs.reduce((sum, each) => sum + each.pairs.rows, 0);
  const steps = { saveSteps: training.save_steps, maxSteps: optimizerSteps(given, training) };
  const checkpoints = createCheckpoints(store, recipeOf, steps);
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    const pairs = await accumulate(deps, files, input);
    await writeJson(join(folder, "dpo_accumulated.json"), pairs);
    const { metrics, batch } = await train(deps, context, files, { folder, checkpoints, settings });
    await writeJson(join(folder, "training.json"), metrics);
    return { rows: pairs.length, ...(batch && { notes: { batch } }) };
  });
  await checkpoints.drop();
  const made = training.tuning === "full" ? { full: ref } : { adapter: ref };
  const policy: PolicyRef = { base, ...made, dtype: planner.dtype };
  const { loss } = await readJson<Record<string, number>>(join(await store.open(ref), "training.json"));
  return { policy, digest: policyDigest(policy), loss: loss ?? null };
}

interface Making {
  readonly folder: string;
  readonly checkpoints: Checkpoints;
  readonly settings: TrainSettings;
}

/** Trains on leased devices, and writes the log beside what was trained. */
async function train(
  deps: ActivityDeps,
  context: StepContext,
  files: RunFiles,
  { folder, checkpoints, settings }: Making,
): Promise<Pick<TrainedJob, "metrics" | "batch">> {
  const { training, retries, data, simulate } = files.recipe;
  const { signal, report } = context;
  const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
  const request = {
    ...settings,
    model: baseFolder(deps, files),
    data: join(folder, "dpo_accumulated.json"),
    image_root: join(deps.root, data.image_root),
    output: folder,
  };
  const job = { request, checkpoints, silenceMs: retries.silence_s * 1000, log: deps.log };
  const spec = { backend: training.backend, devices: training.num_processes, simulate };
  const { metrics, log, batch } = await deps.models.withTrainer(spec, waiting, (trainer) =>
    runTrainJob(trainer, job, context),
  );
  await writeFile(join(folder, "training_log.jsonl"), log);
  const lasting = Object.entries(metrics).filter(([name]) => !TIMINGS.test(name));
  return { metrics: Object.fromEntries(lasting), batch };
}

/** Timings differ between runs that are otherwise equal; Temporal's history has them. */
const TIMINGS = /runtime|per_second|flos|time/;

/** Every shard's pairs, each proved to come from the policy that the loop says sampled it. */
async function accumulate(deps: ActivityDeps, files: RunFiles, input: TrainInput): Promise<PairRow[]> {
  const all: PairRow[] = [];
  for (const { pairs, policy } of input.pairs) {
    const rows = await readJson<PairRow[]>(join(await deps.store.open(pairs), "dpo_pairs.json"));
    // Of the user's own pairs nobody knows who should have sampled them.
    const sampled = policy === null ? null : policyDigest(policy);
    const other = sampled === null ? undefined : rows.find((row) => row.policy !== sampled);
    if (sampled !== null && other) {
      throw new StepFailure(
        "Provenance",
        `Pair "${other.id}" was sampled by policy ${other.policy.slice(0, 12)}, but the loop says ${sampled.slice(0, 12)}; ` +
          "nothing was trained.",
      );
    }
    all.push(...rows);
  }
  if (all.length === 0) throw new StepFailure("BadInput", `There are no pairs to train "${files.recipe.name}" on.`);
  return all;
}
