import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { artifactKey, type ArtifactRecipe } from "../src/artifact/key.ts";
import { linkFolder } from "../src/artifact/link-folder.ts";
import type { ArtifactStore } from "../src/artifact/store.ts";

const RESULT_VERSION = 1;

export interface Checkpoints {
  /** A private folder for the trainer to save into. */
  scratch(): Promise<string>;
  /** The newest whole checkpoint: the trainer's folder and the log up to it. */
  newest(): Promise<{ readonly folder: string; readonly log: string } | undefined>;
  keep(step: number, folder: string, log: string): Promise<void>;
}

/**
 * The checkpoints of one training, as artifacts: whole or absent, and to be found from any host. A folder that a
 * killed trainer left half-written is in nobody's way, because it never had a key.
 */
export function createCheckpoints(store: ArtifactStore, training: ArtifactRecipe, saveSteps: number): Checkpoints {
  const recipeOf = (step: number): ArtifactRecipe => ({
    step: "checkpoint",
    version: RESULT_VERSION,
    params: { of: artifactKey(training), step },
    inputs: training.inputs,
  });
  return {
    scratch: () => store.scratch(artifactKey(recipeOf(0))),
    async newest() {
      let newest;
      // Steps are asked for by number: folder names sort "checkpoint-1000" before "checkpoint-500".
      for (let step = saveSteps; ; step += saveSteps) {
        const found = await store.find(artifactKey(recipeOf(step)));
        if (!found) break;
        newest = found;
      }
      if (!newest) return undefined;
      const folder = await store.open(newest);
      return { folder: join(folder, "trainer"), log: await readFile(join(folder, "training_log.jsonl"), "utf8") };
    },
    async keep(step, folder, log) {
      if (step % saveSteps !== 0) return;
      const key = artifactKey(recipeOf(step));
      const scratch = await store.scratch(key);
      await linkFolder(folder, join(scratch, "trainer"));
      await writeFile(join(scratch, "training_log.jsonl"), log);
      await store.commit(key, scratch, { ...recipeOf(step), rows: step });
    },
  };
}
