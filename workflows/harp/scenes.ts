import { ApplicationFailure } from "@temporalio/workflow";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Chunk } from "../../src/contract/chunk.ts";
import type { FailureType } from "../../src/contract/failures.ts";
import type { RunRef, StepLimits } from "../../src/contract/run.ts";
import type { Bought, BoughtSteps, HarpOwn, HarpRequests } from "../../src/pipeline/harp/contract/plan.ts";
import { type Carried, fanOut } from "../stages/fan-out.ts";
import { apiSteps, controlSteps } from "../stages/steps.ts";

export interface Scenes extends Carried, Pick<HarpOwn, "scenes" | "images" | "service"> {
  readonly run: RunRef;
  readonly limits: StepLimits;
  readonly title: string;
  /** US dollars so far: of what was bought and of what was found. */
  readonly spent?: number;
  /** Scenes, from the first on, that the store has the answers of. */
  readonly before?: number;
}

/**
 * Asks the service about every scene: the child workflow of the data build. A chunk is one scene, a step one request.
 * What an earlier start bought is read without the service's queue, whose rate is for requests.
 */
export async function planScenes(input: Scenes): Promise<ArtifactRef> {
  const { run, limits, title, scenes, images, service } = input;
  const found = controlSteps<HarpRequests & BoughtSteps>(limits);
  const asked = apiSteps<HarpRequests>(limits, service.maxAttempts);
  const before =
    input.before ??
    (await found.boughtBefore.executeWithOptions({ summary: "look for what was bought" }, [{ run, scenes }]));
  const stepsFor = ({ from }: Chunk): typeof asked => (from < before ? found : asked);
  // Goes on with the execution that continues this one.
  const carried = { ...input, before, spent: input.spent ?? 0 };
  const bought = ({ ref, cost }: Bought): ArtifactRef => {
    carried.spent += cost;
    return ref;
  };
  const rows = { link: "plans", file: "plans.jsonl" };
  const how = { run, limits, title, items: scenes.rows, perChunk: 1, window: service.window, of: "scene", rows };
  return fanOut(carried, { ...how, schedule: "stream" }, [
    {
      name: "tasks",
      unitsPerItem: 1,
      step: async (chunk, _, summary) => {
        refuseMore(carried.spent, service.most);
        return bought(await stepsFor(chunk).askTasks.executeWithOptions({ summary }, [{ run, scenes, images, chunk }]));
      },
    },
    {
      name: "plans",
      unitsPerItem: 1,
      step: async (chunk, made, summary) => {
        refuseMore(carried.spent, service.most);
        const scene = { run, scenes, images, chunk, tasks: made["tasks"]! };
        return bought(await stepsFor(chunk).askPlans.executeWithOptions({ summary }, [scene]));
      },
    },
  ]);
}

function refuseMore(spent: number, most: number | null): void {
  if (most === null || spent < most) return;
  const type: FailureType = "ThresholdExceeded";
  const message = `The answers took ${spent.toFixed(2)} US dollars, and plans.max_spent is ${most}; with a higher limit the run goes on from what was bought.`;
  throw ApplicationFailure.nonRetryable(message, type);
}
