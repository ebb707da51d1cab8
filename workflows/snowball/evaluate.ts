import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { EvaluationSummary } from "../../src/contract/steps.ts";
import { labelInChild } from "./label.ts";
import { type Loop, titleOf } from "./loop.ts";
import type { Candidate } from "../stages/train.ts";

/** Measures the base policy and the arms that no policy touches, so that every later number has a floor. */
export async function measureBase(loop: Loop): Promise<void> {
  const { plan, board, steps } = loop;
  let score = null;
  if (plan.heldOut.length > 0) {
    board.set({ iteration: -1, stage: "evaluate" });
    const [reference, base] = await Promise.all([answers(loop, "reference"), answers(loop, "base")]);
    const summarise = (what: string, ...args: Parameters<typeof steps.control.summariseAnswers>) =>
      steps.control.summariseAnswers.executeWithOptions({ summary: `evaluate · ${what}` }, args);
    const floors = await summarise("reference views", plan.run, reference, null);
    const measured = await summarise("base policy", plan.run, base, plan.base);
    loop.evaluation = measured.evaluation;
    score = measured.score;
    board.set({ floors: floors.floors });
  }
  const row = { iteration: -1, pairs: 0, weak: 0, gap: null, loss: null, decision: null } as const;
  board.set({ table: [{ ...row, score, policy: plan.baseDigest }] });
}

/** The candidate's greedy answers on the held-out questions; null when there is nothing to evaluate. */
export async function evaluatePolicy(
  loop: Loop,
  shard: number,
  candidate: Candidate | null,
): Promise<EvaluationSummary | null> {
  const { plan, board, steps } = loop;
  if (candidate === null || plan.heldOut.length === 0) return null;
  board.set({ stage: "evaluate" });
  const answered = await answers(loop, shard, candidate);
  return steps.control.summariseAnswers.executeWithOptions({ summary: `evaluate · ${titleOf(loop, shard)}` }, [
    plan.run,
    answered,
    candidate.policy,
  ]);
}

async function answers(loop: Loop, which: number | "base" | "reference", candidate?: Candidate): Promise<ArtifactRef> {
  const { plan, board } = loop;
  const title =
    which === "reference" ? "reference views" : which === "base" ? "base policy" : `policy of ${titleOf(loop, which)}`;
  const child = `${plan.run.name}/eval-${which}`;
  board.set({ child });
  const source = which === "reference" ? "reference" : "greedy";
  const policy = candidate?.policy ?? plan.base;
  const index = await labelInChild(
    { plan, set: "held_out", shard: -1, source, policy, title: `evaluate ${title}` },
    child,
  );
  board.set({ child: null });
  return index;
}
