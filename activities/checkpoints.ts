import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readJson } from "../src/artifact/files.ts";
import { artifactKey, type ArtifactRecipe } from "../src/artifact/key.ts";
import { linkFolder } from "../src/artifact/link-folder.ts";
import { MANIFEST } from "../src/artifact/manifest.ts";
import type { ArtifactStore, Made } from "../src/artifact/store.ts";
import type { Batch } from "../src/model/trainer/batch.ts";

const RESULT_VERSION = 1;

/** Checkpoints kept of a training: the newest, and the one before it, which another attempt may be reading. */
const KEPT = 2;

export interface Checkpoints {
  /** A private folder for the trainer to save into. */
  scratch(): Promise<string>;
  /** Drops that folder. */
  discard(scratch: string): Promise<void>;
  /** The newest whole checkpoint: the trainer's folder, the log up to it, and the batch, if it was not the recipe's. */
  newest(): Promise<{ readonly folder: string; readonly log: string; readonly batch: Batch | null } | undefined>;
  /** Commits a checkpoint, and drops those that are superseded. */
  keep(step: number, folder: string, log: string, batch: Batch | null): Promise<void>;
  /** Drops all that is left, when the training itself is committed: each takes as much as the policy, three times. */
  drop(): Promise<void>;
}

/**
 * The checkpoints of one training, as artifacts: whole or absent, and to be found from any host. A folder that a
 * killed trainer left half-written is in nobody's way, because it never had a key.
 * @param plan optimizer steps between two checkpoints, and the most that the training can make
 */
export function createCheckpoints(
  store: ArtifactStore,
  training: ArtifactRecipe,
  plan: { readonly saveSteps: number; readonly maxSteps: number },
): Checkpoints {
  const { saveSteps, maxSteps } = plan;
  const recipeOf = (step: number): ArtifactRecipe => ({
    step: "checkpoint",
    version: RESULT_VERSION,
    params: { of: artifactKey(training), step },
    inputs: training.inputs,
  });
  const keyOf = (step: number): string => artifactKey(recipeOf(step));
  // From the last possible one down, by number: folder names sort "checkpoint-1000" before "checkpoint-500".
  const steps = Array.from(
    { length: Math.ceil(maxSteps / saveSteps) + 1 },
    (_, place) => (place + 1) * saveSteps,
  ).toReversed();
  return {
    scratch: () => store.scratch(keyOf(0)),
    discard: (scratch) => store.discard(scratch),
    async newest() {
      for (const step of steps) {
        const found = await store.find(keyOf(step));
        if (!found) continue;
        const folder = await store.open(found);
        const { notes } = await readJson<Made>(join(folder, MANIFEST));
        return {
          folder: join(folder, "trainer"),
          log: await readFile(join(folder, "training_log.jsonl"), "utf8"),
          batch: (notes?.["batch"] ?? null) as Batch | null,
        };
      }
      return undefined;
    },
    async keep(step, folder, log, batch) {
      if (step % saveSteps !== 0) return;
      const key = keyOf(step);
      const scratch = await store.scratch(key);
      await linkFolder(folder, join(scratch, "trainer"));
      await writeFile(join(scratch, "training_log.jsonl"), log);
      await store.commit(key, scratch, { ...recipeOf(step), rows: step, ...(batch && { notes: { batch } }) });
      await store.remove(keyOf(step - KEPT * saveSteps));
    },
    async drop() {
      for (const step of steps) await store.remove(keyOf(step));
    },
  };
}
