import { join } from "node:path";
import { readJson } from "../src/artifact/files.ts";
import type { ArtifactStore } from "../src/artifact/store.ts";
import type { TrainData, TrainInput, TrainJob } from "../src/contract/training.ts";
import { StepFailure } from "../src/failure.ts";
import { policyFolders } from "../src/run/policy.ts";
import { readRecipe } from "../src/run/recipe-file.ts";
import type { TrainRow } from "../src/training/algorithm.ts";
import { algorithmOf } from "../src/training/index.ts";
import type { TrainSettings } from "../src/training/keys.ts";
import { deepspeedOf } from "./deepspeed.ts";
import type { ActivityDeps } from "./deps.ts";

/** What a job asks of its trainer, whichever folders this attempt works in. */
export async function trainSettings(store: ArtifactStore, { run, job }: Pick<TrainInput, "run" | "job">) {
  const algorithm = algorithmOf(job.algorithm);
  const own = algorithm.settings.parse(job.settings);
  const opened = await readRecipe(store, run);
  refuseAdapters(job);
  const settings: TrainSettings = {
    ...job.loading,
    algorithm: job.algorithm,
    settings: own,
    deepspeed: deepspeedOf(opened, own.deepspeed),
    seed: job.seed,
  };
  return { opened, algorithm, own, settings };
}

/** An adapter under a training would be neither trained nor part of the reference: it is merged first. */
function refuseAdapters({ init, reference }: TrainJob): void {
  if (!init.adapter && !reference?.adapter) return;
  throw new StepFailure("BadInput", "A training starts from a whole checkpoint; merge the policy's adapter first.");
}

/** The absolute folders that a training reads. */
export async function foldersOf({ store, root }: ActivityDeps, { init, reference, images }: TrainJob) {
  const { model } = await policyFolders(store, root, init);
  const other = reference && (await policyFolders(store, root, reference)).model;
  return { model, reference: other ?? null, image_root: join(root, images) };
}

/** The rows of all parts, each proved to come from the policy that the job says sampled it. */
export async function joinRows(
  deps: ActivityDeps,
  { title, job }: Pick<TrainInput, "title" | "job">,
  file: string,
): Promise<TrainRow[]> {
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
  return all;
}

export function validationOf({ validation }: TrainJob): TrainData[] {
  return validation === undefined ? [] : [{ ref: validation, sampledBy: null }];
}

/** Rows that nothing is learned from; none where the job brings none. */
export async function validationRows(
  deps: ActivityDeps,
  { title, job }: Pick<TrainInput, "title" | "job">,
  file: string,
): Promise<TrainRow[]> {
  const data = validationOf(job);
  return data.length === 0 ? [] : joinRows(deps, { title, job: { ...job, data } }, file);
}

export function tooFew(rows: number, title: string): StepFailure {
  return new StepFailure(
    "BadInput",
    `${rows} rows do not fill one optimizer step (${title}); lower per_device_train_batch_size or gradient_accumulation_steps.`,
  );
}
