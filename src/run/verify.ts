import { join } from "node:path";
import { readJson } from "../artifact/files.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import { roomOf } from "../pipeline/rooms.ts";
import type { Check } from "../pipeline/pipeline.ts";
import type { CommonRecipe } from "../recipe/common.ts";

/**
 * Checks a run against its own files: every artifact's bytes, then what its pipeline promises (accounts, provenance).
 * @param folder absolute path of the run folder
 */
export async function* verifyRun(store: ArtifactStore, folder: string): AsyncGenerator<Check> {
  yield* verifyArtifacts(store);
  const recipe = await readJson<CommonRecipe>(join(folder, "config.json"));
  yield* (await roomOf(recipe)).verify(store, folder);
}

async function* verifyArtifacts(store: ArtifactStore): AsyncGenerator<Check> {
  let count = 0;
  let bytes = 0;
  for await (const verified of store.verify({ setAside: false })) {
    count += 1;
    bytes += verified.bytes;
    if (verified.problem !== undefined) yield { what: `artifact ${verified.key}`, problem: verified.problem };
  }
  yield { what: `${count} artifacts, ${bytes} bytes: hashed` };
}
