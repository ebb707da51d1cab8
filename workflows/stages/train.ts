import { ApplicationFailure } from "@temporalio/workflow";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import { type Loop, titleOf } from "./loop.ts";
import type { Selected } from "./pairs.ts";

/** A trained policy that the gate has not judged yet. */
export interface Candidate {
  readonly policy: PolicyRef;
  readonly digest: string;
  readonly loss: number | null;
  readonly merged: ArtifactRef;
}

/**
 * Trains a fresh adapter on the base, from this round's pairs and all earlier ones, and merges it.
 * A round without pairs trains nothing: null, and the policy stays.
 */
export async function trainPolicy(loop: Loop, shard: number, selected: Selected): Promise<Candidate | null> {
  const { plan, board, steps } = loop;
  if (selected.summary.pairs === 0) {
    const sentence = `${titleOf(loop, shard)} has no pairs: every question was dropped; the policy stays as it is.`;
    if (plan.onNoPairs === "stop") throw ApplicationFailure.nonRetryable(sentence, "ThresholdExceeded");
    loop.warnings.push(sentence);
    return null;
  }
  board.set({ stage: "train" });
  const pairs = plan.accumulate ? [...loop.pairs] : loop.pairs.slice(-1);
  const trained = await steps.train.trainPolicy.executeWithOptions({ summary: `train · ${titleOf(loop, shard)}` }, [
    { run: plan.run, iteration: shard, pairs },
  ]);
  board.set({ stage: "merge" });
  const merged = await steps.train.mergePolicy.executeWithOptions(
    { summary: `merge and canary · ${titleOf(loop, shard)}` },
    [plan.run, shard, trained.policy],
  );
  return { ...trained, merged };
}
