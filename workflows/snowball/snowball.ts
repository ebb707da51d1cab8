import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import { remakingLost } from "../stages/remake.ts";
import { closeLoop } from "./close.ts";
import { measureBase, mergeAndMeasure } from "./evaluate.ts";
import { gate } from "./gate.ts";
import { type Loop, openLoop } from "./loop.ts";
import { labelShard, selectPairs } from "./pairs.ts";
import { publish } from "./publish.ts";
import { trainPolicy } from "./train.ts";

/**
 * The snowball: rounds of on-policy preference training, in which each policy makes the data for the next.
 *
 * `input` is the recipe itself, so that any Temporal client can start a run; the workflow's id is the run's name.
 * `remakes` is the run's own count of continuations after a lost artifact; leave it out.
 */
export function snowball(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const loop = await openLoop(input); // parse, check, split, guard
    await measureBase(loop);
    for (const shard of loop.plan.own.shards.keys()) await round(loop, shard);
    return closeLoop(loop, "snowball");
  });
}

/** Shard i is sampled by the policy that the gate left in place; training starts from the base, on pairs 0 … i. */
async function round(loop: Loop, shard: number): Promise<void> {
  const began = Date.now();
  const labeled = await labelShard(loop, shard); // rollout → imagine → score, chunk by chunk
  const selected = await selectPairs(loop, shard, labeled);
  const candidate = await trainPolicy(loop, shard, selected); // fresh LoRA on the base
  const [merged, measured] = await mergeAndMeasure(loop, shard, candidate);
  const decision = await gate(loop, shard, { candidate, merged, measured });
  await publish(loop, shard, { began, labeled, selected, candidate, merged, measured, decision });
}
