import type { RunResult } from "../../src/contract/progress.ts";
import type { Remakes } from "../../src/contract/remakes.ts";
import type { SelectorOwn } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { openRun } from "../stages/open.ts";
import { remakingLost } from "../stages/remake.ts";
import { answerBy } from "./compare.ts";
import { closeSelector, embed, findBeams, trainStage } from "./selector.ts";

/**
 * A pointer network that chooses in-context examples: beams scored by the model that is shown them, then SFT on the best,
 * RCE on all and GRPO; each stage is measured by really answering, beside random and similar examples.
 *
 * `input` is the recipe itself; the workflow's id is the run's name. `remakes` is the run's own count; leave it out.
 */
export function pointerSelector(input: unknown, remakes: Remakes | number = 0): Promise<RunResult> {
  return remakingLost(input, remakes, async () => {
    const opened = await openRun<SelectorOwn>("openSelector", input); // parse, check, import
    const selecting = await findBeams(await embed(opened)); // chunk by chunk
    await answerBy(selecting, { name: "random", selector: null });
    await answerBy(selecting, { name: "similarity", selector: null });
    for (const stage of opened.plan.own.stages) {
      const selector = await trainStage(selecting, stage); // from what the stage before made
      await answerBy(selecting, { name: stage, selector });
    }
    return closeSelector(selecting);
  });
}
