import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import type { TrainJob } from "../../src/contract/training.ts";
import type { HarpOwn, PlanData } from "../../src/pipeline/harp/contract/plan.ts";
import { type Chain, closeChain, measureStage, mergeStage, openChain, showStage, trainStage } from "../stages/chain.ts";
import { remakingLost } from "../stages/remake.ts";
import { together } from "../stages/window.ts";
import { buildPlans, splitPlans } from "./build.ts";
import { writeResults } from "./results.ts";
import { negativesOf } from "./negatives.ts";

/**
 * Embodied plans: a service looks at pictures of scenes, thinks of tasks and plans them; SFT imitates the plans; wrong
 * plans of its own are sorted by what is wrong with them; GRPO learns from a reward of every step.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function harp(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const opened = await openChain<HarpOwn>("openHarp", input); // parse, check, look at every image
    const plans = await buildPlans(opened); // two requests a scene
    const { chain, data } = await splitPlans(opened, plans);
    for (const [at, { name, job }] of chain.plan.own.stages.entries()) {
      const candidate = await trainStage(chain, at, { ...job, ...(await rowsFor(chain, at, name, data)) });
      const [checkpoint] = await together(
        () => mergeStage(chain, at, candidate), // and canary
        () => measureStage(chain, at, candidate),
      );
      await showStage(chain, at, candidate, checkpoint);
    }
    await writeResults(chain);
    return closeChain(chain, "harp");
  });
}

async function rowsFor(
  chain: Chain<HarpOwn>,
  at: number,
  name: "sft" | "grpo",
  data: PlanData,
): Promise<Pick<TrainJob, "data" | "validation">> {
  if (name === "sft") return { data: [{ ref: data.rows, sampledBy: null }] };
  const ref = await negativesOf(chain, at, data);
  return { data: [{ ref, sampledBy: null }], validation: data.validation };
}
