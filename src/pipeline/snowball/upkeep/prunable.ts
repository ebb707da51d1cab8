import { type Piece, withAncestors } from "../../../artifact/census.ts";
import { StepFailure } from "../../../failure.ts";
import { madeOf, mayNeed } from "./reach.ts";
import type { RunTrace } from "../../../run/trace.ts";
import { unpairedViews } from "./unpaired-views.ts";

/** Steps whose results are made again from others. What a person decided or brought is never touched. */
const REMADE: ReadonlySet<string> = new Set(
  "rollout reference imagine score answer gather pairs train merge evaluate checkpoint".split(" "),
);
const KEPT: ReadonlySet<string> = new Set(["dataset", "recipe", "given-pairs", "decision"]);

/** Which runs are complete, and what each run stands on. */
export interface Standing {
  readonly complete: ReadonlySet<RunTrace>;
  readonly needs: ReadonlyMap<RunTrace, ReadonlySet<Piece>>;
}

/** @param open names of open runs; null when nobody knows, and any may be */
export function standingOf(
  pieces: readonly Piece[],
  runs: readonly RunTrace[],
  open: ReadonlySet<string> | null,
): Standing {
  const isComplete = (run: RunTrace): boolean =>
    run.policies !== null && open !== null && !(run.name !== null && open.has(run.name));
  // A folder that a changed recipe left behind half-way has no name any more: nobody goes on with it.
  const known = runs.filter((run) => run.name !== null || isComplete(run));
  const needs = known.map((run) => [run, isComplete(run) ? madeOf(pieces, run) : mayNeed(pieces, run)] as const);
  return { complete: new Set(known.filter(isComplete)), needs: new Map(needs) };
}

/** Keys of what no run stands on. A step that is not known here is left alone, with all that it was built on. */
export function unreferenced(pieces: readonly Piece[], { needs }: Standing): string[] {
  const strangers = pieces.filter(({ step }) => !REMADE.has(step) && !KEPT.has(step));
  const needed = new Set([...[...needs.values()].flatMap((each) => [...each]), ...withAncestors(pieces, strangers)]);
  return pieces.filter((piece) => REMADE.has(piece.step) && !needed.has(piece)).map((piece) => piece.key);
}

/**
 * Keys of the checkpoints of trainings that are committed: those are never resumed. A training drops its own; what is
 * left comes from one that was killed right after its commit, or from before they were dropped.
 * @param run only its trainings; null for all
 */
export function finishedCheckpoints(pieces: readonly Piece[], run: RunTrace | null): string[] {
  const mine = run === null ? pieces : [...madeOf(pieces, run)];
  const trained = new Set(mine.filter((each) => each.step === "train").map((each) => each.key));
  return pieces
    .filter((piece) => piece.step === "checkpoint" && trained.has((piece.params as { of: string }).of))
    .map((piece) => piece.key);
}

/**
 * Views of complete runs that no other run stands on, and those in the run folders that no pair shows.
 * @throws {StepFailure} BadInput when the one run that is meant is not complete
 */
export async function viewsBesidePairs(
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
  const own = new Set(going.flatMap((run) => [...(needs.get(run) ?? [])]));
  return {
    keys: [...own].filter((piece) => piece.step === "imagine" && !others.has(piece)).map((piece) => piece.key),
    folders: (await Promise.all(going.map((run) => unpairedViews(run.folder)))).flat(),
  };
}
