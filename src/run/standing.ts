import { type Piece, withAncestors } from "../artifact/descent.ts";
import { StepFailure } from "../failure.ts";
import { PIPELINE_NAMES } from "../pipeline/index.ts";
import { roomOf } from "../pipeline/rooms.ts";
import type { RunTrace } from "./trace.ts";

/** Which runs are complete, and what each run stands on. */
export interface Standing {
  readonly complete: ReadonlySet<RunTrace>;
  readonly needs: ReadonlyMap<RunTrace, ReadonlySet<Piece>>;
}

/** @param open names of open runs; null when nobody knows, and any may be */
export async function standingOf(
  pieces: readonly Piece[],
  runs: readonly RunTrace[],
  open: ReadonlySet<string> | null,
): Promise<Standing> {
  const isComplete = (run: RunTrace): boolean =>
    run.finished && open !== null && !(run.name !== null && open.has(run.name));
  const complete = new Set(runs.filter(isComplete));
  const needs = new Map<RunTrace, ReadonlySet<Piece>>();
  for (const run of runs) {
    // A folder that a changed recipe left behind half-way has no name any more: nobody goes on with it.
    if (run.name === null && !complete.has(run)) continue;
    const { upkeep } = await roomOf(run.recipe);
    needs.set(run, await upkeep.needs(pieces, run, complete.has(run)));
  }
  return { complete, needs };
}

/** Steps by what becomes of their results, over all pipelines. */
async function steps(): Promise<{ remade: ReadonlySet<string>; kept: ReadonlySet<string> }> {
  const all = await Promise.all(PIPELINE_NAMES.map(async (pipeline) => (await roomOf({ pipeline })).upkeep));
  return {
    remade: new Set(all.flatMap(({ remade }) => remade)),
    kept: new Set(all.flatMap(({ kept }) => kept)),
  };
}

/** Keys of what no run stands on. A step that is not known here is left alone, with all that it was built on. */
export async function unreferenced(pieces: readonly Piece[], { needs }: Standing): Promise<string[]> {
  const { remade, kept } = await steps();
  const strangers = pieces.filter(({ step }) => !remade.has(step) && !kept.has(step));
  const needed = new Set([...[...needs.values()].flatMap((each) => [...each]), ...withAncestors(pieces, strangers)]);
  return pieces.filter((piece) => remade.has(piece.step) && !needed.has(piece)).map((piece) => piece.key);
}

/**
 * Keys of the checkpoints of trainings that are committed: those are never resumed. A training drops its own; what is
 * left comes from one that was killed right after its commit, or from before they were dropped.
 * @param needed only of trainings among these; null for all
 */
export function finishedCheckpoints(pieces: readonly Piece[], needed: ReadonlySet<Piece> | null): string[] {
  const trained = new Set([...(needed ?? pieces)].filter((each) => each.step === "train").map((each) => each.key));
  return pieces
    .filter((piece) => piece.step === "checkpoint" && trained.has((piece.params as { of: string }).of))
    .map((piece) => piece.key);
}

/**
 * What complete runs can spare and no other run stands on, and folders that show it.
 * @throws {StepFailure} BadInput when the one run that is meant is not complete
 */
export async function spareOf(
  pieces: readonly Piece[],
  targets: readonly RunTrace[],
  { complete, needs }: Standing,
): Promise<{ keys: string[]; folders: string[] }> {
  const going = targets.filter((run) => complete.has(run));
  const [only] = targets;
  if (going.length === 0 && only && targets.length === 1) {
    throw new StepFailure("BadInput", `${only.name} is not known to be complete: its views are still needed.`);
  }
  const others = new Set([...needs].filter(([run]) => !going.includes(run)).flatMap(([, needed]) => [...needed]));
  const keys = new Set<string>();
  const folders: string[] = [];
  for (const run of going) {
    const { upkeep } = await roomOf(run.recipe);
    const spare = await upkeep.spare?.(pieces, run, needs.get(run) ?? new Set());
    for (const piece of spare?.pieces ?? []) if (!others.has(piece)) keys.add(piece.key);
    folders.push(...(spare?.folders ?? []));
  }
  return { keys: [...keys], folders };
}
