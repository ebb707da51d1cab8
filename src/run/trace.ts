import { basename, join, resolve } from "node:path";
import { isMissing } from "../artifact/durable.ts";
import { readJson } from "../artifact/files.ts";
import type { ArtifactRef } from "../contract/artifact.ts";
import type { RunResult } from "../contract/progress.ts";
import type { Recipe } from "../pipeline/index.ts";
import type { Shards } from "../pipeline/snowball/files.ts";
import { namesIn } from "../artifact/names-in.ts";

/** What a run's folder says about what the run is made of. */
export interface RunTrace {
  /** The run's name; null for a folder that an earlier recipe of a name left behind. */
  readonly name: string | null;
  /** Absolute. */
  readonly folder: string;
  readonly recipe: Recipe;
  readonly shards: Shards;
  /** Digests of its policies, the base included, of a complete run; null of any other. */
  readonly policies: ReadonlySet<string> | null;
  /** Keys of the artifacts that its iterations name. */
  readonly named: readonly string[];
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
  const recipe = await readIfThere<Recipe>(join(folder, "config.json"));
  const shards = await readIfThere<Shards>(join(folder, "shards.json"));
  if (recipe === null || shards === null) return null;
  const final = await readIfThere<RunResult>(join(folder, "final_status.json"));
  const policies = final && new Set([...final.table.map((row) => row.policy), final.policy_digest]);
  const summaries = (await namesIn(folder)).filter((each) => /^iter_\d+$/.test(each));
  const named = await Promise.all(summaries.map((each) => artifactsOf(join(folder, each, "summary.json"))));
  return { name, folder, recipe, shards, policies, named: named.flat() };
}

async function artifactsOf(file: string): Promise<string[]> {
  const summary = await readIfThere<{ artifacts: Record<string, ArtifactRef | null> }>(file);
  return Object.values(summary?.artifacts ?? {}).flatMap((ref) => (ref ? [ref.key] : []));
}

async function readIfThere<T>(file: string): Promise<T | null> {
  try {
    return await readJson<T>(file);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
