import { ApplicationFailure } from "@temporalio/workflow";
import type { SelectedPairs } from "../../src/contract/run.ts";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import { type Loop, titleOf } from "../snowball/loop.ts";

/** A trained policy that the gate has not judged yet. */
export interface Candidate {
  readonly policy: PolicyRef;
  readonly digest: string;
  readonly loss: number | null;
}

/**
 * Trains a fresh adapter on the base, or the whole of it, from this round's pairs and all earlier ones.
 * A round without pairs trains nothing: null, and the policy stays.
 */
export async function trainPolicy(loop: Loop, shard: number, selected: SelectedPairs): Promise<Candidate | null> {
  const { plan, board, steps } = loop;
  if (selected.summary.pairs === 0) {
    const sentence = `${titleOf(loop, shard)} has no pairs: every question was dropped; the policy stays as it is.`;
    if (plan.onNoPairs === "stop") throw ApplicationFailure.nonRetryable(sentence, "ThresholdExceeded");
    loop.warnings.push(sentence);
    return null;
  }
  board.set({ stage: "train" });
  const pairs = plan.accumulate ? [...loop.pairs] : loop.pairs.slice(-1);
  return steps.train.trainPolicy.executeWithOptions({ summary: `train · ${titleOf(loop, shard)}` }, [
    { run: plan.run, iteration: shard, pairs },
  ]);
}

/** Merges the candidate into one checkpoint, and refuses it when the merge is not base plus adapter. */
export async function mergePolicy(loop: Loop, shard: number, candidate: Candidate | null): Promise<ArtifactRef | null> {
  if (candidate === null) return null;
  // A full fine-tuning is one checkpoint already, and was compared with its base when it was made.
  if (candidate.policy.full) return candidate.policy.full;
  const { plan, board, steps } = loop;
  // Where there is an evaluation it takes longer, and is what people wait for.
  if (plan.heldOut.length === 0) board.set({ stage: "merge" });
  return steps.train.mergePolicy.executeWithOptions({ summary: `merge and canary · ${titleOf(loop, shard)}` }, [
    plan.run,
    shard,
    candidate.policy,
  ]);
}
