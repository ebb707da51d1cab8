import { workflowInfo } from "@temporalio/workflow";
import { openingLimits } from "../../src/contract/opening.ts";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import type { RunPlan } from "../../src/contract/run.ts";
import type { SampledPairs } from "../../src/contract/steps.ts";
import { type Board, openBoard } from "./board.ts";
import { type Steps, stepsOf } from "./steps.ts";

/** What a loop carries from one round to the next. */
export interface Loop {
  readonly plan: RunPlan;
  readonly steps: Steps;
  readonly board: Board;
  /** The policy that the gate left in place, and the iteration that made it (−1: the base). */
  policy: PolicyRef;
  policyIteration: number;
  policyDigest: string;
  merged: ArtifactRef | null;
  /** Its evaluation on the held-out questions; null when nothing is evaluated. */
  evaluation: ArtifactRef | null;
  /** Pairs of every round so far, each with the policy that sampled it. */
  readonly pairs: SampledPairs[];
  readonly warnings: string[];
}

/** Opens the run: the first step parses the recipe, reads the data, splits it and refuses what is not usable. */
export async function openLoop(input: unknown): Promise<Loop> {
  const name = workflowInfo().workflowId;
  const board = openBoard(name);
  const opening = stepsOf(openingLimits(input)).control;
  const plan = await opening.openRun.executeWithOptions({ summary: "open the run · check recipe and data" }, [
    input,
    name,
  ]);
  board.searchable(plan.searchAttributes);
  board.set({ iterations: plan.iterations });
  return {
    plan,
    steps: stepsOf(plan.retries),
    board,
    policy: plan.base,
    policyIteration: -1,
    policyDigest: plan.baseDigest,
    merged: null,
    evaluation: null,
    pairs: [],
    warnings: [...plan.warnings],
  };
}

/** "iteration 2 of 5 (iter_1)": people count from 1, files from 0. */
export function titleOf(loop: Loop, shard: number): string {
  return `iteration ${shard + 1} of ${loop.plan.iterations} (iter_${shard})`;
}
