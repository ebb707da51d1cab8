import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import { remakingLost } from "../stages/remake.ts";
import { together } from "../stages/window.ts";
import { closeChain, measureStart, openChain } from "./chain.ts";
import { measureStage, mergeStage, showStage, trainStage } from "./stage.ts";

/**
 * Supervised fine-tuning, then preferences, then reinforcement: each stage starts from the checkpoint that the one
 * before made, and all are measured on the same benchmarks.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function spatial(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const chain = await openChain(input); // parse, check, import every row and image
    await measureStart(chain);
    for (const at of chain.plan.own.stages.keys()) {
      const candidate = await trainStage(chain, at);
      const [checkpoint] = await together(
        () => mergeStage(chain, at, candidate), // and canary
        () => measureStage(chain, at, candidate),
      );
      await showStage(chain, at, candidate, checkpoint);
    }
    return closeChain(chain);
  });
}
