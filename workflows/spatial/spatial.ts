import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import type { SpatialOwn } from "../../src/pipeline/spatial/contract/plan.ts";
import {
  closeChain,
  measureStage,
  measureStart,
  mergeStage,
  openChain,
  showStage,
  trainStage,
} from "../stages/chain.ts";
import { remakingLost } from "../stages/remake.ts";
import { together } from "../stages/window.ts";

/**
 * Supervised fine-tuning, then preferences, then reinforcement: each stage starts from the checkpoint that the one
 * before made, and all are measured on the same benchmarks.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function spatial(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const chain = await openChain<SpatialOwn>("openSpatial", input); // parse, check, import every row and image
    await measureStart(chain);
    for (const [at, { job }] of chain.plan.own.stages.entries()) {
      const candidate = await trainStage(chain, at, job);
      const [checkpoint] = await together(
        () => mergeStage(chain, at, candidate), // and canary
        () => measureStage(chain, at, candidate),
      );
      await showStage(chain, at, candidate, checkpoint);
    }
    return closeChain(chain, "spatial");
  });
}
