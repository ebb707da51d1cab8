import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { GateDecision, IterationRow } from "../../src/contract/progress.ts";
import type { SelectedPairs } from "../../src/contract/run.ts";
import type { EvaluationSummary, IterationView } from "../../src/contract/steps.ts";
import { type Loop, titleOf } from "./loop.ts";
import type { Labeled } from "./pairs.ts";
import type { Candidate } from "../stages/train.ts";

/** What a round has made when its pairs are there; no labels where the pairs are the user's own. */
export interface RoundData {
  readonly labeled: Labeled | null;
  readonly selected: SelectedPairs;
}

export interface RoundResult extends RoundData {
  readonly candidate: Candidate | null;
  readonly merged: ArtifactRef | null;
  readonly measured: EvaluationSummary | null;
  readonly decision: GateDecision;
}

/** Adds the round to the table and shows its artifacts in the run folder, in the layout that people know. */
export async function publish(loop: Loop, shard: number, round: RoundResult): Promise<void> {
  const { candidate, merged, measured, decision } = round;
  const row: IterationRow = {
    ...rowOf(loop, shard, round),
    loss: candidate?.loss ?? null,
    score: measured?.score ?? null,
    policy: candidate?.digest ?? loop.policyDigest,
    decision,
  };
  loop.board.set({ table: [...loop.board.state.table, row] });
  const full = candidate?.policy.full;
  await show(loop, shard, {
    ...viewOf(loop, shard, round, row),
    adapter: candidate?.policy.adapter ?? null,
    // A full fine-tuning is one checkpoint already.
    merged: full ? null : merged,
    ...(full && { full }),
    evaluation: measured?.evaluation ?? null,
  });
}

/** Shows the preference data before anything is trained on it. */
export async function publishPairs(loop: Loop, shard: number, round: RoundData): Promise<void> {
  const row = rowOf(loop, shard, round);
  // Without a training after it, this is all that there is to show.
  if (loop.plan.stopAfterPairs) loop.board.set({ table: [row] });
  await show(loop, shard, viewOf(loop, shard, round, row));
}

function show(loop: Loop, shard: number, view: IterationView): Promise<void> {
  const summary = `show in the run folder · ${titleOf(loop, shard)}`;
  return loop.steps.control.publishIteration.executeWithOptions({ summary }, [view]);
}

function rowOf(loop: Loop, shard: number, { selected: { summary } }: RoundData): IterationRow {
  return {
    iteration: shard,
    pairs: summary.pairs,
    weak: summary.weak,
    gap: summary.gapMedian,
    loss: null,
    score: null,
    policy: loop.policyDigest,
    decision: null,
  };
}

function viewOf({ plan, pairs }: Loop, shard: number, round: RoundData, row: IterationRow): IterationView {
  return {
    run: plan.run,
    folder: plan.folder,
    iteration: shard,
    labeled: round.labeled?.index ?? null,
    pairs: round.selected.pairs,
    accumulated: (plan.accumulate ? pairs : pairs.slice(-1)).map((each) => each.pairs),
    adapter: null,
    merged: null,
    evaluation: null,
    row,
    ledger: round.selected.summary.ledger,
  };
}
