import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { artifactKey, type ArtifactRecipe } from "../../src/artifact/key.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactStore } from "../../src/artifact/store.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";

/** A recipe that differs from others by its step and inputs only. */
export function recipeOf(step: string, ...inputs: string[]): ArtifactRecipe {
  return { step, version: 1, params: { temperature: 0.9 }, inputs };
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** Makes an artifact of these files; one row each. */
export async function made(
  store: ArtifactStore,
  recipe: ArtifactRecipe,
  files: Readonly<Record<string, string>>,
): Promise<ArtifactRef> {
  const { ref } = await makeArtifact(store, recipe, (folder) => {
    writeFiles(folder, files);
    return Promise.resolve({ rows: Object.keys(files).length });
  });
  return ref;
}

export function folderOf(root: string, recipe: ArtifactRecipe): string {
  return join(root, "artifacts", recipe.step, artifactKey(recipe));
}

export async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Names in a folder of the store; none if it was never needed. */
export function names(...path: string[]): string[] {
  try {
    return readdirSync(join(...path)).toSorted();
  } catch {
    return [];
  }
}
