import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import type { UnifiedRewardOwn } from "../../src/pipeline/unified-reward/contract/plan.ts";
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
import { learning } from "./rows.ts";

/**
 * A reward model that thinks: a cold start on chains of thought, then on the right ones of its own, then on preferences
 * of right ones over wrong ones. Each stage starts from the checkpoint that the one before made, and all are measured
 * on the same held-out pairs.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function unifiedReward(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const chain = await openChain<UnifiedRewardOwn>("openUnifiedReward", input); // parse, check, import
    const rowsFor = learning(chain);
    await measureStart(chain);
    for (const [at, { job }] of chain.plan.own.stages.entries()) {
      const data = await rowsFor(at); // brought, or sampled and judged
      const candidate = await trainStage(chain, at, { ...job, data });
      const [checkpoint] = await together(
        () => mergeStage(chain, at, candidate), // and canary
        () => measureStage(chain, at, candidate),
      );
      await showStage(chain, at, candidate, checkpoint);
    }
    return closeChain(chain, "unified-reward");
  });
}
