import type { CheckedTraining, CheckOwn, CheckSampling } from "../../src/contract/check.ts";
import type { RunPlan } from "../../src/contract/run.ts";
import type { PlannedStage, SpatialOwn } from "../../src/pipeline/spatial/contract/plan.ts";
import { openToCheck } from "../check.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { openSpatial } from "./open.ts";

/** Every stage on its own rows; all of them start from the checkpoint that the first starts from. */
export async function checkSpatial(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<RunPlan<CheckOwn>> {
  const { own, ...plan } = await openToCheck(deps, name, (beside) => openSpatial(beside, context, input, name));
  const { stages } = own;
  const trainings = stages.map((stage, at): CheckedTraining => {
    const before = stages[at - 1];
    return {
      title: `stage ${at + 1} of ${stages.length} (${stage.name})`,
      job: { ...stage.job, init: plan.policy },
      answers: "given",
      sampling: samplingOf(stage, own),
      ...(before && { note: `it was tried from init; the run starts it from what ${before.name} makes.` }),
    };
  });
  return { ...plan, own: { trainings } };
}

/** A stage that samples does so by its own settings; the others answer as they are measured: greedily. */
function samplingOf({ name, job }: PlannedStage, { asking }: SpatialOwn): CheckSampling {
  const plain = { top_k: 0, min_p: 0, repetition_penalty: 1 };
  if (name !== "grpo") return { temperature: 0, top_p: 1, ...plain, max_new_tokens: asking.serving.max_new_tokens };
  const { temperature, top_p, max_completion_length } = job.settings as Record<string, number>;
  return { temperature: temperature!, top_p: top_p!, ...plain, max_new_tokens: max_completion_length! };
}
