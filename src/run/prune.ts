import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { census } from "../artifact/descent.ts";
import { type Layout, layoutOf } from "../artifact/layout.ts";
import { bytesFreed, removeArtifact } from "../artifact/prune.ts";
import { deadScratch } from "../artifact/scratch.ts";
import { supersededAsides } from "../artifact/set-aside.ts";
import { StepFailure } from "../failure.ts";
import { finishedCheckpoints, spareOf, standingOf, unreferenced } from "./standing.ts";
import { type LostFolder, readTraces, type RunTrace } from "./trace.ts";

export interface PruneOptions {
  /** `all`: whatever a run refers to. `pairs`: of the views of complete runs only those that their pairs show. */
  readonly keep: "all" | "pairs";
  /** Only this run's. */
  readonly run: string | null;
  /** Runs that Temporal says are open; null when it cannot be asked. */
  readonly open: ReadonlySet<string> | null;
}

/** One kind of thing that can go. */
export interface Prunable {
  readonly what: "unreferenced" | "checkpoints" | "views" | "scratch" | "aside";
  /** Artifacts by their keys. */
  readonly keys: readonly string[];
  /** Other folders, absolute. */
  readonly folders: readonly string[];
  readonly bytes: number;
}

export interface PrunePlan {
  readonly parts: readonly Prunable[];
  readonly bytes: number;
  /** Sentences about what is left alone, and why. */
  readonly left: readonly string[];
}

/** Looks for what can go without breaking a run. Changes nothing. */
export async function planPrune(root: string, stateFolder: string, options: PruneOptions): Promise<PrunePlan> {
  const layout = storeLayout(stateFolder);
  const pieces = await census(layout);
  const { runs, lost } = await readTraces(root, stateFolder);
  const target = options.run === null ? null : runOf(runs, options.run);
  const standing = await standingOf(pieces, runs, options.open);
  const parts: Prunable[] = [];
  const add = async (what: Prunable["what"], keys: readonly string[], folders: readonly string[]): Promise<void> => {
    if (keys.length + folders.length === 0) return;
    parts.push({ what, keys, folders, bytes: await bytesFreed([...keys.map(layout.artifact), ...folders]) });
  };

  const checkpoints = finishedCheckpoints(pieces, target && (standing.needs.get(target) ?? new Set()));
  await add("checkpoints", checkpoints, []);
  if (options.keep === "pairs") {
    const { keys, folders } = await spareOf(pieces, target === null ? runs : [target], standing);
    await add("views", keys, folders);
  }
  const unsure = whyUnsure(options.open, runs, lost);
  if (target === null) {
    const rest = unsure === null ? await unreferenced(pieces, standing) : [];
    await add(
      "unreferenced",
      rest.filter((key) => !checkpoints.includes(key)),
      [],
    );
    await add("scratch", [], await deadScratch(layout.scratch));
    await add("aside", [], await supersededAsides(layout));
  }
  const going = runs.flatMap((run) => (run.name === null || standing.complete.has(run) ? [] : [run.name]));
  return {
    parts,
    bytes: await bytesFreed(parts.flatMap(({ keys, folders }) => [...keys.map(layout.artifact), ...folders])),
    left: unsure === null ? going.map((name) => `${name} is not complete: all that it may need stays.`) : [unsure],
  };
}

/** Removes what was planned. */
export async function prune(stateFolder: string, { parts }: PrunePlan): Promise<void> {
  const layout = storeLayout(stateFolder);
  for (const { what, keys, folders } of parts) {
    // Scores were built on views, so their record stays: views that come out otherwise are then found out.
    for (const key of keys) await removeArtifact(layout, key, { forget: what !== "views" });
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

/** The artifact store of a state folder, as this host sees it. */
export function storeLayout(stateFolder: string): Layout {
  return layoutOf(join(stateFolder, "store"), hostname());
}

/** The run of this name. Throws BadInput when this host knows none. */
export function runOf(runs: readonly RunTrace[], name: string): RunTrace {
  const run = runs.find((each) => each.name === name);
  if (run === undefined) throw new StepFailure("BadInput", `No run is called "${name}" on this host.`);
  return run;
}

/** Why it cannot be told what no run refers to; null when it can. */
function whyUnsure(open: PruneOptions["open"], runs: readonly RunTrace[], lost: readonly LostFolder[]): string | null {
  if (open === null) return "Temporal does not answer, so any run may be open: what no run refers to stays.";
  if (lost.length > 0) {
    const names = lost.map((each) => each.name).join(", ");
    return `The run folder of ${names} is gone, so what it refers to is not known, and all stays; running it again brings it back.`;
  }
  return runs.length === 0 ? "No run is known here, so what the store holds stays." : null;
}
