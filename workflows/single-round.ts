import type { RunResult } from "../src/contract/progress.ts";
import type { Remakes } from "../src/contract/remakes.ts";
import type { SelectedPairs } from "../src/contract/run.ts";
import { closeRun } from "./stages/close.ts";
import { evaluatePolicy, measureBase } from "./stages/evaluate.ts";
import { gate } from "./stages/gate.ts";
import { type Loop, openLoop } from "./stages/loop.ts";
import { type Labeled, labelShard, selectPairs, takeGivenPairs } from "./stages/pairs.ts";
import { publish, publishPairs } from "./stages/publish.ts";
import { remakingLost } from "./stages/remake.ts";
import { mergePolicy, trainPolicy } from "./stages/train.ts";

/** A single round is iteration 0 of a loop of one. */
const ROUND = 0;

/**
 * One round of preference training: the base policy makes the data, one training and one measurement follow.
 * Its two halves also run apart: it can stop after the pairs, or start from a file of them.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function singleRound(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const loop = await openLoop(input); // parse, check, split, guard
    const made = await preferenceData(loop);
    if (!loop.plan.stopAfterPairs) await trainAndMeasure(loop, made);
    return closeRun(loop);
  });
}

interface Made {
  readonly labeled: Labeled | null;
  readonly selected: SelectedPairs;
}

/** Rollout → imagine → score → pairs, or the pairs that the user brought. Shown before anything is trained on them. */
async function preferenceData(loop: Loop): Promise<Made> {
  const { givenPairs } = loop.plan;
  const labeled = givenPairs ? null : await labelShard(loop, ROUND);
  const selected = labeled ? await selectPairs(loop, ROUND, labeled) : takeGivenPairs(loop, givenPairs!);
  await publishPairs(loop, ROUND, { labeled, selected });
  return { labeled, selected };
}

async function trainAndMeasure(loop: Loop, { labeled, selected }: Made): Promise<void> {
  await measureBase(loop);
  loop.board.set({ iteration: ROUND });
  const candidate = await trainPolicy(loop, ROUND, selected); // fresh LoRA on the base, or all of it
  const [merged, measured] = await Promise.all([
    mergePolicy(loop, ROUND, candidate), // and canary
    evaluatePolicy(loop, ROUND, candidate),
  ]);
  const decision = await gate(loop, { candidate, merged, measured });
  await publish(loop, ROUND, { labeled, selected, candidate, merged, measured, decision });
}
