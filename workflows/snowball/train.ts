import { ApplicationFailure } from "@temporalio/workflow";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { Trained, TrainJob } from "../../src/contract/training.ts";
import type { SelectedPairs, TrainingJob } from "../../src/pipeline/snowball/contract/plan.ts";
import { merge, train } from "../stages/train.ts";
import { atRound, type Loop, titleOf } from "./loop.ts";

/** A trained policy that the gate has not judged yet, and what it was made by. */
export interface Candidate {
  readonly trained: Trained;
  readonly job: TrainJob;
}

/**
 * Trains a fresh adapter on the base, or the whole of it, from this round's pairs and all earlier ones.
 * A round without pairs trains nothing: null, and the policy stays.
 */
export async function trainPolicy(loop: Loop, shard: number, selected: SelectedPairs): Promise<Candidate | null> {
  const { plan } = loop;
  if (selected.summary.pairs === 0) {
    const sentence = `${titleOf(loop, shard)} has no pairs: every question was dropped; the policy stays as it is.`;
    if (plan.own.onNoPairs === "stop") throw ApplicationFailure.nonRetryable(sentence, "ThresholdExceeded");
    loop.warnings.push(sentence);
    return null;
  }
  atRound(loop, shard, "train", "training on the pairs");
  const job = jobOf(loop, shard);
  return { trained: await train(loop, titleOf(loop, shard), job), job };
}

/** Always from the base, with the base as the reference: only the pairs accumulate. */
function jobOf({ plan, pairs }: Loop, shard: number): TrainJob {
  const data = plan.own.accumulate ? [...pairs] : pairs.slice(-1);
  return { ...trainingAt(plan.own.trainings, shard), init: plan.policy, data };
}

/** `changes` of the recipe may train later iterations in another way. */
function trainingAt(trainings: Loop["plan"]["own"]["trainings"], shard: number): TrainingJob {
  return trainings.findLast(({ from }) => from <= shard)!.job;
}

/** What serves a trained policy: its adapter on the base, or where the recipe says so what the merge made of both. */
export function served({ plan }: Loop, { policy }: Trained, merged: ArtifactRef | null): PolicyRef {
  return plan.own.policies === "merged" && policy.adapter && merged ? { ...policy, merged } : policy;
}

/** The candidate as one checkpoint; null without a candidate. */
export async function mergePolicy(loop: Loop, shard: number, candidate: Candidate | null): Promise<ArtifactRef | null> {
  if (candidate === null) return null;
  const { trained, job } = candidate;
  // Where there is an evaluation it takes longer, and is what people wait for.
  if (!loop.plan.own.evaluates && trained.policy.adapter !== undefined) {
    atRound(loop, shard, "merge", "merging, and checking the merged checkpoint");
  }
  return merge(loop, titleOf(loop, shard), { policy: trained.policy, job });
}
