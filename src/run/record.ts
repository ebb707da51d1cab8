import { join } from "node:path";
import { canonicalJson } from "../artifact/canonical-json.ts";
import { census } from "../artifact/descent.ts";
import { readJson } from "../artifact/files.ts";
import type { Layout } from "../artifact/layout.ts";
import type { RunResult } from "../contract/progress.ts";
import { readResult } from "../pipeline/result.ts";
import { type Log, readLogs } from "./logs.ts";
import type { RecipeFile } from "./recipe-file.ts";
import { readIfThere, type RunTrace } from "./trace.ts";

/** What every run's folder and store say of it, whatever its pipeline. */
export interface RunRecord {
  /** null while the run has not come to its end. */
  readonly result: RunResult | null;
  readonly curves: readonly Log[];
  /** What the run was opened with; null where its store is not here, or is pruned. */
  readonly opened: RecipeFile | null;
}

/** Reads a run, complete or not. Bytes of artifacts are not checked: that is for `verify`. */
export async function readRecord(layout: Layout, trace: RunTrace): Promise<RunRecord> {
  const written = await readIfThere(join(trace.folder, "final_status.json"));
  return {
    result: written === null ? null : readResult(written),
    curves: await readLogs(trace.folder),
    opened: await readOpened(layout, trace),
  };
}

/** The recipe with its prompt texts and the digests of its models, found by the recipe itself. */
async function readOpened(layout: Layout, { recipe }: RunTrace): Promise<RecipeFile | null> {
  const wanted = canonicalJson(recipe);
  const pieces = await census(layout, ["recipe"]);
  const own = pieces.find(({ params }) => canonicalJson((params as { recipe?: unknown }).recipe ?? null) === wanted);
  return own === undefined ? null : readJson<RecipeFile>(join(layout.artifact(own.key), "recipe.json"));
}
