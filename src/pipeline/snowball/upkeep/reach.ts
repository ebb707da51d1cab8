import { type Piece, withAncestors, withDescendants } from "../../../artifact/descent.ts";
import { seedFor } from "../../../seed.ts";
import type { LoopTrace } from "./trace.ts";

/** What a complete run is made of: everything that its iterations and its evaluations were built on. */
export function madeOf(pieces: readonly Piece[], run: LoopTrace): Set<Piece> {
  const named = new Set(run.named);
  const roots = pieces.filter((piece) => named.has(piece.key) || isEvaluationOf(pieces, run, piece));
  return withAncestors(pieces, roots);
}

/** On the run's held-out questions, of the reference views or of one of the run's policies. */
function isEvaluationOf(pieces: readonly Piece[], { shards, policies }: LoopTrace, piece: Piece): boolean {
  if (piece.step !== "evaluate") return false;
  const { val, test, reference } = piece.params as { val: unknown; test: unknown; reference: unknown };
  const { held_out: heldOut } = shards;
  if (JSON.stringify([val, test]) !== JSON.stringify([heldOut.val, heldOut.test])) return false;
  if (reference === true) return true;
  const rollouts = [...withAncestors(pieces, [piece])].filter((each) => each.step === "rollout");
  return rollouts.every((each) => policies?.has(each.inputs[1] ?? "") ?? true);
}

/**
 * What a run that is not complete may find in the store: all that was ever sampled with its seeds, and what was built
 * on that. Which evaluations are its own cannot be told before it ends, so it may need any.
 */
export function mayNeed(pieces: readonly Piece[], run: LoopTrace): Set<Piece> {
  const seeds = sampledSeeds(run);
  const starts = pieces.filter((piece) => {
    if (piece.step !== "rollout") return ANYBODYS.has(piece.step);
    const first = firstSeed(piece);
    // Without a seed every question of the chunk was quarantined before it was asked.
    return first === undefined || first === GREEDY || seeds.has(first);
  });
  return withDescendants(pieces, starts);
}

/** Steps that no seed tells apart. */
const ANYBODYS: ReadonlySet<string> = new Set(["reference", "given-pairs"]);
/** The seed of a rollout that is read greedily, for an evaluation. */
const GREEDY = "greedy";

/** Samples that were made for a run's shards, whatever came of them. */
export function sampledFor(pieces: readonly Piece[], run: LoopTrace): Piece[] {
  const seeds = sampledSeeds(run);
  return pieces.filter((piece) => seeds.has(firstSeed(piece) ?? ""));
}

function sampledSeeds({ recipe, shards }: LoopTrace): Set<string> {
  return new Set(shards.shards.flatMap((ids, shard) => ids.map((id) => seedFor("rollout", recipe.seed, shard, id, 0))));
}

function firstSeed({ step, params }: Piece): string | undefined {
  return step === "rollout" ? (params as { seeds: string[][] }).seeds[0]?.[0] : undefined;
}
