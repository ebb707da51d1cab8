import { basename, join, resolve } from "node:path";
import { isMissing, namesIn } from "../artifact/disk.ts";
import { readJson } from "../artifact/files.ts";
import type { CommonRecipe } from "../recipe/common.ts";

/** A run as its folder shows it; what it is made of is known to its pipeline. */
export interface RunTrace {
  /** The run's name; null for a folder that an earlier recipe of a name left behind. */
  readonly name: string | null;
  /** Absolute. */
  readonly folder: string;
  readonly recipe: CommonRecipe;
  /** Did it come to its end? */
  readonly finished: boolean;
}

/** A run that is known by name, and whose folder is gone. */
export interface LostFolder {
  readonly name: string;
  readonly folder: string;
}

/** Every run of a root: by the names that its state folder remembers, and by the folders below `results`. */
export async function readTraces(
  root: string,
  stateFolder: string,
): Promise<{ readonly runs: RunTrace[]; readonly lost: LostFolder[] }> {
  const runs: RunTrace[] = [];
  const lost: LostFolder[] = [];
  const named = new Set<string>();
  for (const name of await runNames(stateFolder)) {
    const record = await readJson<{ folder: string }>(join(stateFolder, "runs", `${name}.json`));
    const folder = resolve(root, record.folder);
    named.add(folder);
    const trace = await readTrace(folder, name);
    if (trace === null) lost.push({ name, folder });
    else runs.push(trace);
  }
  for (const kind of await namesIn(join(root, "results"))) {
    for (const run of await namesIn(join(root, "results", kind))) {
      const folder = join(root, "results", kind, run);
      const trace = named.has(folder) ? null : await readTrace(folder, null);
      if (trace !== null) runs.push(trace);
    }
  }
  return { runs, lost };
}

/** The names of the runs that a state folder remembers. */
export async function runNames(stateFolder: string): Promise<string[]> {
  return (await namesIn(join(stateFolder, "runs"))).map((file) => basename(file, ".json"));
}

/** Reads one run folder; null when there is none. */
export async function readTrace(folder: string, name: string | null): Promise<RunTrace | null> {
  const recipe = await readIfThere<CommonRecipe>(join(folder, "config.json"));
  if (recipe === null) return null;
  return { name, folder, recipe, finished: (await readIfThere(join(folder, "final_status.json"))) !== null };
}

/** A file of a run folder; null while it is not there. */
export async function readIfThere<T>(file: string): Promise<T | null> {
  try {
    return await readJson<T>(file);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
