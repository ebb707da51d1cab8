import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readJson, writeJson } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { PolicyRef } from "../src/contract/artifact.ts";
import type { Trained, TrainInput, TrainJob } from "../src/contract/training.ts";
import { StepFailure } from "../src/failure.ts";
import type { JobOptions, TrainRequest } from "../src/model/trainer/backend.ts";
import type { CommonRecipe, Simulate } from "../src/recipe/common.ts";
import { baseDigest, policyDigest, policyFolders } from "../src/run/policy.ts";
import { readRecipe } from "../src/run/recipe-file.ts";
import type { TrainRow } from "../src/training/algorithm.ts";
import { optimizerSteps } from "../src/training/common.ts";
import { algorithmOf } from "../src/training/index.ts";
import { type Checkpoints, createCheckpoints } from "./checkpoints.ts";
import { deepspeedOf } from "./deepspeed.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";
import { checkGiven, type Given, givenFolders, imagesOf } from "./given.ts";

/** Raise when the meaning of a trained policy changes. */
const RESULT_VERSION = 1;

/** Makes a policy from rows by the algorithm of the job. Everything in the job is in the key. */
export async function trainPolicy(deps: ActivityDeps, context: StepContext, input: TrainInput): Promise<Trained> {
  const { store } = deps;
  const { job } = input;
  const { keyed, settings: schema, files } = algorithmOf(job.algorithm);
  const settings = schema.parse(job.settings);
  const opened = await readRecipe(store, input.run);
  const deepspeed = deepspeedOf(opened, settings.deepspeed);
  const configured = typeof deepspeed === "object" && deepspeed !== null ? { deepspeed } : {};
  refuseAdapters(job);
  const { dtype, attn_implementation, min_pixels, max_pixels } = job.loading;
  const recipeOf = {
    step: "train",
    version: RESULT_VERSION,
    params: {
      ...(job.algorithm !== "dpo" && { algorithm: job.algorithm }),
      ...keyed(settings, configured),
      seed: job.seed,
      dtype,
      attn_implementation,
      pixels: [min_pixels, max_pixels],
      ...(job.reference && { reference: policyDigest(job.reference) }),
    },
    inputs: [baseDigest(job.init), ...job.data.map((each) => each.ref.sha256)],
  };
  const given = job.data.reduce((sum, each) => sum + each.ref.rows, 0);
  const steps = { saveSteps: settings.save_steps, maxSteps: optimizerSteps(given, settings) };
  const checkpoints = createCheckpoints(store, recipeOf, steps);
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    const { rows, images } = await joinRows(deps, input, files.rows);
    const data = join(folder, files.joined);
    await writeJson(data, rows);
    const models = settings.backend === "simulated" ? [] : givenFolders([job.init, job.reference]);
    const given: Given = { models, images: { folder: job.images, digests: images } };
    const unchanged = (): Promise<void> => checkGiven(deps, context, given);
    await unchanged();
    const request = { ...(await loadingOf(deps, job)), data, output: folder, settings, deepspeed };
    const { retries, simulate } = opened.recipe;
    const metrics = await run(deps, context, { folder, checkpoints, request, retries, simulate, unchanged });
    await unchanged();
    await writeJson(join(folder, "training.json"), metrics);
    return { rows: rows.length };
  });
  await checkpoints.drop();
  const policy: PolicyRef =
    settings.tuning === "full" ? { base: ref, dtype } : { base: job.init.base, adapter: ref, dtype };
  const metrics = await readJson<Record<string, number>>(join(await store.open(ref), "training.json"));
  return { policy, digest: policyDigest(policy), metrics };
}

/** An adapter under a training would be neither trained nor part of the reference: it is merged first. */
function refuseAdapters({ init, reference }: TrainJob): void {
  if (!init.adapter && !reference?.adapter) return;
  throw new StepFailure("BadInput", "A training starts from a whole checkpoint; merge the policy's adapter first.");
}

async function loadingOf(deps: ActivityDeps, { algorithm, init, reference, loading, images, seed }: TrainJob) {
  const { model } = await policyFolders(deps.store, deps.root, init);
  const other = reference && (await policyFolders(deps.store, deps.root, reference)).model;
  return { ...loading, algorithm, model, reference: other ?? null, image_root: join(deps.root, images), seed };
}

interface Running {
  readonly folder: string;
  readonly checkpoints: Checkpoints;
  readonly request: Omit<TrainRequest, "checkpoints" | "resume_from">;
  readonly retries: CommonRecipe["retries"];
  readonly simulate: Simulate;
  /** Throws when what is read is not what the run was opened with: a checkpoint is kept under the key of that. */
  readonly unchanged: () => Promise<void>;
}

/** Trains from the newest whole checkpoint, on whichever host it was made. */
async function run(
  deps: ActivityDeps,
  context: StepContext,
  { folder, checkpoints, request, retries, simulate, unchanged }: Running,
): Promise<Record<string, number>> {
  const { signal, report } = context;
  const resumed = await checkpoints.newest();
  let log = resumed?.log ?? "";
  const onEvent: JobOptions["onEvent"] = async (event) => {
    if (event.event === "progress") {
      const { step, total, metrics } = event;
      report({ doing: "train", done: step, total, metrics });
      log += `${JSON.stringify({ step, ...metrics })}\n`;
    } else if (event.event === "checkpoint") {
      await unchanged();
      await checkpoints.keep(event.step, event.folder, log);
    }
  };
  const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
  const scratch = await checkpoints.scratch();
  try {
    const whole = { ...request, checkpoints: scratch, resume_from: resumed?.folder ?? null };
    const options = { signal, silenceMs: retries.silence_s * 1000, onEvent };
    const { backend, num_processes: devices } = request.settings;
    const spec = { backend, devices, simulate };
    const metrics = await deps.models.withTrainer(spec, waiting, (trainer) => trainer.train(whole, options));
    await writeFile(join(folder, "training_log.jsonl"), log);
    return Object.fromEntries(Object.entries(metrics).filter(([name]) => !TIMINGS.test(name)));
  } finally {
    await deps.store.discard(scratch);
  }
}

/** Timings differ between runs that are otherwise equal; Temporal's history has them. */
const TIMINGS = /runtime|per_second|flos|time/;

interface Joined {
  readonly rows: TrainRow[];
  /** sha256 of the images that they show, by name. */
  readonly images: ReadonlyMap<string, string>;
}

/** The rows of all parts, each proved to come from the policy that the job says sampled it. */
async function joinRows(deps: ActivityDeps, { title, job }: TrainInput, file: string): Promise<Joined> {
  const all: TrainRow[] = [];
  for (const { ref, sampledBy } of job.data) {
    const rows = await readJson<TrainRow[]>(join(await deps.store.open(ref), file));
    const other = sampledBy === null ? undefined : rows.find((row) => row.policy !== sampledBy);
    if (sampledBy !== null && other) {
      throw new StepFailure(
        "Provenance",
        `Row "${other.id}" was sampled by policy ${other.policy.slice(0, 12)}, but the loop says ${sampledBy.slice(0, 12)}; ` +
          "nothing was trained.",
      );
    }
    all.push(...rows);
  }
  if (all.length === 0) throw new StepFailure("BadInput", `There are no rows to train on (${title}).`);
  return { rows: all, images: await imagesOf(deps, job.data) };
}
