import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../../artifact/disk.ts";
import { StepFailure } from "../../failure.ts";
import { seedFor } from "../../seed.ts";
import type { Recipe } from "./recipe.ts";

/**
 * Names of the scenes' images, sorted.
 * @throws {StepFailure} BadInput for a folder that is not there, or has none
 */
export async function sceneImages(root: string, { scenes, seed }: Pick<Recipe, "scenes" | "seed">): Promise<string[]> {
  const { path, suffix, max_images: most = Infinity } = scenes;
  const names = await readdir(join(root, path)).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
    throw new StepFailure("BadInput", `scenes.path: there is no folder ${path} below ${root}.`);
  });
  const found = names.filter((name) => name.endsWith(suffix) && !name.startsWith("."));
  if (found.length === 0) {
    throw new StepFailure("BadInput", `scenes.path: ${path} has no file whose name ends with ${suffix}.`);
  }
  if (found.length <= most) return found.toSorted();
  const hashed = found.map((name) => ({ name, hash: seedFor(seed, "scene", name) }));
  return hashed
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name)
    .toSorted();
}

/** A scene's id: the name of its image without what all have. */
export function sceneId(name: string, suffix: string): string {
  return name.slice(0, -suffix.length) || name;
}
