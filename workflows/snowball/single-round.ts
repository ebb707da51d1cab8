import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import { remakingLost } from "../stages/remake.ts";
import { closeLoop } from "./close.ts";
import { measureBase, mergeAndMeasure } from "./evaluate.ts";
import { gate } from "./gate.ts";
import { type Loop, openLoop } from "./loop.ts";
import { labelShard, selectPairs, takeGivenPairs } from "./pairs.ts";
import { publish, publishPairs, type RoundData } from "./publish.ts";
import { trainPolicy } from "./train.ts";

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
    const began = Date.now();
    const made = await preferenceData(loop);
    if (!loop.plan.own.stopAfterPairs) await trainAndMeasure(loop, began, made);
    return closeLoop(loop, "single-round");
  });
}

/** Rollout → imagine → score → pairs, or the pairs that the user brought. Shown before anything is trained on them. */
async function preferenceData(loop: Loop): Promise<RoundData> {
  const { givenPairs } = loop.plan.own;
  const labeled = givenPairs ? null : await labelShard(loop, ROUND);
  const selected = labeled ? await selectPairs(loop, ROUND, labeled) : takeGivenPairs(loop, givenPairs!);
  await publishPairs(loop, ROUND, { labeled, selected });
  return { labeled, selected };
}

async function trainAndMeasure(loop: Loop, began: number, made: RoundData): Promise<void> {
  await measureBase(loop);
  const candidate = await trainPolicy(loop, ROUND, made.selected); // fresh LoRA on the base, or all of it
  const [merged, measured] = await mergeAndMeasure(loop, ROUND, candidate);
  const decision = await gate(loop, ROUND, { candidate, merged, measured });
  await publish(loop, ROUND, { ...made, began, candidate, merged, measured, decision });
}
