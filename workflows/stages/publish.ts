import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { GateDecision, IterationRow } from "../../src/contract/progress.ts";
import type { EvaluationSummary } from "../../src/contract/steps.ts";
import type { Loop } from "./loop.ts";
import type { Labeled, Selected } from "./pairs.ts";
import type { Candidate } from "./train.ts";

export interface RoundResult {
  readonly labeled: Labeled;
  readonly selected: Selected;
  readonly candidate: Candidate | null;
  readonly merged: ArtifactRef | null;
  readonly measured: EvaluationSummary | null;
  readonly decision: GateDecision;
}

/** Adds the round to the table and shows its artifacts in the run folder, in the layout that people know. */
export async function publish(loop: Loop, shard: number, round: RoundResult): Promise<void> {
  const { board, plan, steps } = loop;
  const { labeled, selected, candidate, merged, measured, decision } = round;
  const row: IterationRow = {
    iteration: shard,
    pairs: selected.summary.pairs,
    weak: selected.summary.weak,
    gap: selected.summary.gapMedian,
    loss: candidate?.loss ?? null,
    score: measured?.score ?? null,
    policy: candidate?.digest ?? loop.policyDigest,
    decision,
  };
  board.set({ table: [...board.state.table, row] });
  await steps.control.publishIteration({
    run: plan.run,
    folder: plan.folder,
    iteration: shard,
    labeled: labeled.index,
    pairs: selected.pairs,
    accumulated: (plan.accumulate ? loop.pairs : loop.pairs.slice(-1)).map((each) => each.pairs),
    adapter: candidate?.policy.adapter ?? null,
    merged,
    evaluation: measured?.evaluation ?? null,
    row,
    ledger: selected.summary.ledger,
  });
}
