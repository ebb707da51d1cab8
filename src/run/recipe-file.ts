import { join } from "node:path";
import { readJson } from "../artifact/files.ts";
import type { ArtifactStore } from "../artifact/store.ts";
import type { RunRef } from "../contract/run.ts";
import type { CommonRecipe } from "../recipe/common.ts";

/** recipe.json of a run: the parsed recipe, the texts of its prompt files and the digests of its models. */
export interface RecipeFile<R extends CommonRecipe = CommonRecipe> {
  readonly recipe: R;
  readonly texts: Readonly<Record<string, string>>;
  readonly models: Readonly<Record<string, string>>;
  /** What the files that trainings name as `deepspeed` hold, by their names; only where a recipe names any. */
  readonly deepspeed?: Readonly<Record<string, unknown>>;
}

/** Reads a run's recipe from its artifact, once per process. */
export async function readRecipe<R extends CommonRecipe = CommonRecipe>(
  store: ArtifactStore,
  run: RunRef,
): Promise<RecipeFile<R>> {
  return recipes(run.recipe.sha256, async () => {
    const folder = await store.open(run.recipe);
    return readJson<RecipeFile>(join(folder, "recipe.json"));
  }) as Promise<RecipeFile<R>>;
}

const recipes = remembering<RecipeFile>();

/** Files of runs that stay in memory: steps of one run follow each other for days, and four runs share a host. */
const KEPT = 4;

/** A loader that keeps what it loaded last, by key. What failed is loaded again. */
export function remembering<T>(): (key: string, load: () => Promise<T>) => Promise<T> {
  const cache = new Map<string, Promise<T>>();
  return (key, load) => {
    const known = cache.get(key);
    if (known) return known;
    const loading = load();
    cache.set(key, loading);
    loading.catch(() => cache.delete(key));
    for (const old of [...cache.keys()].slice(0, -KEPT)) cache.delete(old);
    return loading;
  };
}
