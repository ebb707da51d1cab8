import { isMade, type ArtifactRef } from "../../src/contract/artifact.ts";
import type { Measurement } from "../../src/contract/measurement.ts";
import type { SelectedPairs } from "../../src/pipeline/snowball/contract/plan.ts";
import type { IterationRow, RoundDecision } from "../../src/pipeline/snowball/contract/rows.ts";
import type { IterationView, SnowballSteps } from "../../src/pipeline/snowball/contract/steps.ts";
import { controlSteps } from "../stages/steps.ts";
import { scoreOf } from "./evaluate.ts";
import { type Loop, showTable, titleOf } from "./loop.ts";
import type { Labeled } from "./pairs.ts";
import type { Candidate } from "./train.ts";

/** What a round has made when its pairs are there; no labels where the pairs are the user's own. */
export interface RoundData {
  readonly labeled: Labeled | null;
  readonly selected: SelectedPairs;
}

export interface RoundResult extends RoundData {
  /** When the round began, ms since the epoch. */
  readonly began: number;
  readonly candidate: Candidate | null;
  readonly merged: ArtifactRef | null;
  readonly measured: Measurement | null;
  readonly decision: RoundDecision;
}

/** Adds the round to the table and shows its artifacts in the run folder, in the layout that people know. */
export async function publish(loop: Loop, shard: number, round: RoundResult): Promise<void> {
  const { candidate, merged, measured, decision } = round;
  const row: IterationRow = {
    ...rowOf(loop, shard, round),
    loss: candidate?.trained.metrics["loss"] ?? null,
    score: scoreOf(measured),
    policy: candidate?.trained.digest ?? loop.policyDigest,
    decision,
  };
  loop.rows = [...loop.rows, row];
  showTable(loop);
  const { adapter, base } = candidate?.trained.policy ?? {};
  // A full fine-tuning is one checkpoint already.
  const full = base !== undefined && adapter === undefined && isMade(base) ? base : null;
  await show(loop, shard, {
    ...viewOf(loop, shard, round, row),
    adapter: adapter ?? null,
    merged: full ? null : merged,
    full,
    evaluation: measured?.rows ?? null,
    began: round.began,
  });
  await loop.track();
}

/** Shows the preference data before anything is trained on it. */
export async function publishPairs(loop: Loop, shard: number, round: RoundData): Promise<void> {
  const row = rowOf(loop, shard, round);
  // Without a training after it, this is all that there is to show.
  if (loop.plan.own.stopAfterPairs) {
    loop.rows = [row];
    showTable(loop);
  }
  await show(loop, shard, viewOf(loop, shard, round, row));
}

function show(loop: Loop, shard: number, view: IterationView): Promise<void> {
  const summary = `show in the run folder · ${titleOf(loop, shard)}`;
  return controlSteps<SnowballSteps>(loop.plan.limits).publishIteration.executeWithOptions({ summary }, [view]);
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

function viewOf({ plan, run, pairs }: Loop, shard: number, round: RoundData, row: IterationRow): IterationView {
  return {
    run,
    folder: plan.folder,
    iteration: shard,
    labeled: round.labeled?.index ?? null,
    pairs: round.selected.pairs,
    accumulated: (plan.own.accumulate ? pairs : pairs.slice(-1)).map((each) => each.ref),
    adapter: null,
    merged: null,
    full: null,
    evaluation: null,
    began: null,
    row,
    ledger: round.selected.summary.ledger,
  };
}
