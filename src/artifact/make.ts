import type { ArtifactRef } from "../contract/artifact.ts";
import { failedFor } from "./full-disk.ts";
import { artifactKey, type ArtifactRecipe } from "./key.ts";
import type { ArtifactStore } from "./store.ts";

/** What a build hands back beside its files. */
export interface Built {
  readonly rows: number;
  readonly notes?: Readonly<Record<string, unknown>>;
}

/**
 * The one way to make an artifact: ask the store for its key, and only if it is not there build it in scratch and
 * commit it. Starting again is therefore how a step resumes, on any host.
 */
export async function makeArtifact(
  store: ArtifactStore,
  { step, version, params, inputs }: ArtifactRecipe,
  build: (folder: string) => Promise<Built>,
): Promise<{ ref: ArtifactRef; made: boolean }> {
  const recipe = { step, version, params, inputs };
  const key = artifactKey(recipe);
  const found = await store.find(key);
  if (found) return { ref: found, made: false };
  const folder = await store.scratch(key);
  try {
    const built = await build(folder);
    return { ref: await store.commit(key, folder, { ...recipe, ...built }), made: true };
  } catch (error) {
    // Asked while the scratch is there: to drop it makes room.
    const failure = await failedFor(error, folder);
    // The build's failure is the news. Scratch that cannot be dropped now is swept once this process has ended.
    await store.discard(folder).catch(() => undefined);
    throw failure;
  }
}
