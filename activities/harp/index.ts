import type { BoughtSteps, HarpRequests, HarpSteps } from "../../src/pipeline/harp/contract/plan.ts";
import type { Written } from "../step.ts";
import { askPlans, askTasks, boughtBefore } from "./ask.ts";
import { typeNegatives } from "./negatives.ts";
import { openHarp } from "./open.ts";
import { writeResults } from "./results.ts";
import { splitPlans } from "./split.ts";

/** The steps that only this pipeline has, by the queue that they are on. */
export const harpSteps = {
  control: {
    openHarp,
    splitPlans,
    typeNegatives,
    writeResults,
    boughtBefore,
    // Of scenes whose answers lie in the store.
    askTasks,
    askPlans,
  } satisfies Written<HarpSteps & BoughtSteps & HarpRequests>,
  api: { askTasks, askPlans } satisfies Written<HarpRequests>,
};
