import { join } from "node:path";
import { z } from "zod";
import { readJson } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { TrainData, TrainInput, TrainJob } from "../src/contract/training.ts";
import { StepFailure } from "../src/failure.ts";
import type { JobReport } from "../src/process/protocol.ts";
import { baseDigest } from "../src/run/policy.ts";
import type { TrainRow } from "../src/training/algorithm.ts";
import type { ActivityDeps } from "./deps.ts";
import { givenFolders, imagesOf, onGiven } from "./given.ts";
import type { StepContext } from "./step.ts";
import { foldersOf, type trainSettings } from "./train-request.ts";

/** Raise when the meaning of what a reference finds changes. */
const RESULT_VERSION = 1;

/** Sums of log-probabilities of both sides of a pair, and the digest of the token ids that were read. */
const finding = z.strictObject({ id: z.string(), tokens: z.string(), chosen: z.number(), rejected: z.number() });

type TrainSettingsOf = Awaited<ReturnType<typeof trainSettings>>;

export interface Findings {
  readonly rows: readonly z.output<typeof finding>[];
  /** An artifact for each part of the job's data. */
  readonly refs: readonly ArtifactRef[];
}

/**
 * What the reference finds of a training's rows, an artifact for each part of its data: pairs accumulate over the rounds
 * while the reference stays, so each training asks it about the new ones alone. null where every batch asks it anew.
 */
export async function referenceFindings(
  deps: ActivityDeps,
  context: StepContext,
  { job }: TrainInput,
  asked: TrainSettingsOf,
): Promise<Findings | null> {
  const { algorithm, own } = asked;
  const runner = algorithm.cached?.(own) ?? null;
  if (runner === null || own.backend === "simulated") return null;
  const rows = [];
  const refs = [];
  for (const [at, part] of job.data.entries()) {
    context.report({ doing: "asking the reference", done: at, total: job.data.length });
    const ref = await partFindings(deps, context, { job, asked, part, runner });
    rows.push(...z.array(finding).parse(await readJson(join(await deps.store.open(ref), "reference.json"))));
    refs.push(ref);
  }
  return { rows, refs };
}

interface Part {
  readonly job: TrainJob;
  readonly asked: TrainSettingsOf;
  readonly part: TrainData;
  readonly runner: string;
}

async function partFindings(
  deps: ActivityDeps,
  context: StepContext,
  { job, asked, part, runner }: Part,
): Promise<ArtifactRef> {
  const { store } = deps;
  const { opened, algorithm, own, settings } = asked;
  const reference = job.reference ?? job.init;
  const recipeOf = {
    step: "reference",
    version: RESULT_VERSION,
    // A whole network trains on weights in float32, and so is its reference.
    params: { ...job.loading, algorithm: job.algorithm, exact: own.tuning === "full" },
    inputs: [baseDigest(reference), part.ref.sha256],
  };
  const images = { folder: job.images, digests: await imagesOf(deps, [part]) };
  const build = onGiven(deps, context, { models: givenFolders([reference]), images }, async (output) => {
    const { signal, report } = context;
    const data = join(await store.open(part.ref), algorithm.files.rows);
    const folders = { ...(await foldersOf(deps, job)), data, output, checkpoints: output };
    const request = { ...settings, ...folders, resume_from: null, judge: null };
    const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
    const spec = { backend: own.backend, devices: 1, simulate: opened.recipe.simulate };
    const silenceMs = opened.recipe.retries.silence_s * 1000;
    const onEvent = (event: JobReport): void => {
      if (event.event === "progress") report({ doing: "asking the reference", done: event.step, total: event.total });
    };
    const { batch } = await deps.models.withTrainer(spec, waiting, (trainer) =>
      trainer.job(runner, request, { signal, silenceMs, onEvent }),
    );
    return { rows: part.ref.rows, notes: { batch } };
  });
  return (await makeArtifact(store, recipeOf, build)).ref;
}

/** The rows, each with what the reference found of it. @throws {StepFailure} Provenance when it found it of others */
export function withFindings(rows: readonly TrainRow[], found: Findings | null): readonly TrainRow[] {
  if (found === null) return rows;
  const other = rows.find((row, at) => row.id !== found.rows[at]?.id);
  if (other !== undefined || rows.length !== found.rows.length) {
    const which = other === undefined ? `${found.rows.length} rows` : `other rows than "${other.id}"`;
    throw new StepFailure("Provenance", `The reference was asked about ${which}; nothing was trained.`);
  }
  return rows.map((row, at) => {
    const { id: _, ...reference } = found.rows[at]!;
    return { ...row, reference };
  });
}
