import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { GateDecision } from "../../src/contract/progress.ts";
import type { EvaluationSummary } from "../../src/contract/steps.ts";
import { personsDecision } from "./ask.ts";
import { type Loop, titleOf } from "../snowball/loop.ts";
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
  const { board } = loop;
  const { candidate, merged, measured } = round;
  if (candidate === null) return "no_pairs";
  board.set({ stage: "gate" });
  const decision = await decide(loop, candidate, measured);
  if (decision !== "roll_back") {
    loop.policy = candidate.policy;
    loop.policyDigest = candidate.digest;
    loop.policyIteration = board.state.iteration;
    loop.merged = merged;
    loop.evaluation = measured?.evaluation ?? null;
  }
  return decision;
}

async function decide(loop: Loop, candidate: Candidate, measured: EvaluationSummary | null): Promise<GateDecision> {
  const { plan, steps, board } = loop;
  if (plan.gate === "off") return "off";
  let reason = "nothing was measured";
  if (measured !== null && loop.evaluation !== null) {
    const summary = `gate · compare on val · ${titleOf(loop, board.state.iteration)}`;
    const gated = await steps.control.gatePolicy.executeWithOptions({ summary }, [
      { run: plan.run, from: loop.evaluation, to: measured.evaluation },
    ]);
    if (plan.gate !== "ask") {
      if (gated.decision === "roll_back") loop.warnings.push(gated.reason);
      return gated.decision;
    }
    reason = gated.reason;
  } else if (plan.gate !== "ask") return "off";

  const decision = await personsDecision(loop, candidate.digest, reason);
  if (decision === "roll_back") {
    loop.warnings.push(`${titleOf(loop, board.state.iteration)} was rolled back by a person: ${reason}.`);
  }
  return decision;
}
