import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { GateDecision } from "../../src/contract/progress.ts";
import type { EvaluationSummary } from "../../src/contract/steps.ts";
import type { Loop } from "./loop.ts";
import type { Candidate } from "./train.ts";

/** Puts the candidate in place, or keeps the policy before it: the next shard is sampled by whichever stays. */
export async function gate(
  loop: Loop,
  round: {
    readonly candidate: Candidate | null;
    readonly merged: ArtifactRef | null;
    readonly measured: EvaluationSummary | null;
  },
): Promise<GateDecision> {
  const { board, plan, steps } = loop;
  const { candidate, merged, measured } = round;
  if (candidate === null) return "no_pairs";
  board.set({ stage: "gate" });
  let decision: GateDecision = "off";
  if (measured !== null && loop.evaluation !== null && plan.gate !== "off") {
    const gated = await steps.control.gatePolicy({ run: plan.run, from: loop.evaluation, to: measured.evaluation });
    decision = gated.decision;
    if (decision === "roll_back") loop.warnings.push(gated.reason);
  }
  if (decision !== "roll_back") {
    loop.policy = candidate.policy;
    loop.policyDigest = candidate.digest;
    loop.policyIteration = board.state.iteration;
    loop.merged = merged;
    loop.evaluation = measured?.evaluation ?? null;
  }
  return decision;
}
