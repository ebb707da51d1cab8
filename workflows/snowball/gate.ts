import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Measurement } from "../../src/contract/measurement.ts";
import type { RoundDecision } from "../../src/pipeline/snowball/contract/rows.ts";
import { gate as choose } from "../stages/gate.ts";
import { atRound, type Loop, titleOf } from "./loop.ts";
import { type Candidate, served } from "./train.ts";

/** Puts the candidate in place, or keeps the policy before it: the next shard is sampled by whichever stays. */
export async function gate(
  loop: Loop,
  shard: number,
  round: {
    readonly candidate: Candidate | null;
    readonly merged: ArtifactRef | null;
    readonly measured: Measurement | null;
  },
): Promise<RoundDecision> {
  const { candidate, merged, measured } = round;
  if (candidate === null) return "no_pairs";
  atRound(loop, shard, "gate", "deciding which policy stays");
  const { policy, digest } = candidate.trained;
  const decision = await choose(loop, {
    mode: loop.plan.own.gate,
    title: titleOf(loop, shard),
    at: shard,
    from: { digest: loop.policyDigest, measured: loop.measured },
    to: { digest, measured },
    by: { score: "accuracy", split: "val", resamples: loop.plan.own.resamples },
  });
  if (decision !== "roll_back") {
    loop.policy = served(loop, candidate.trained, merged);
    loop.policyDigest = digest;
    loop.measured = measured;
    loop.final = `iter_${shard}/${policy.adapter ? "model_merged" : "model_full"}`;
  }
  return decision;
}
