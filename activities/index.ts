import type { ControlSteps, TrainSteps } from "../src/contract/steps.ts";
import type { Role } from "../src/contract/queues.ts";
import type { AnswerSteps, MeasureSteps } from "../src/contract/benchmark.ts";
import { answerItems, measureAnswers } from "./benchmark.ts";
import { closeRun } from "./close.ts";
import type { ActivityDeps } from "./deps.ts";
import { gatePolicy, keepDecision } from "./gate.ts";
import { gatherChunks, gatherSpans } from "./gather.ts";
import { mergePolicy } from "./merge.ts";
import { evaluateSteps } from "./evaluate/index.ts";
import { selectorSteps } from "./pointer-selector/index.ts";
import { snowballSteps } from "./snowball/index.ts";
import { spatialSteps } from "./spatial/index.ts";
import { tabulate } from "./tabulate.ts";
import { asActivity, type Step, type Written } from "./step.ts";
import { trainPolicy } from "./train.ts";

/** Steps by their names, as their worker registers them. */
export type Activities = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** What a pipeline brings of its own, by the queue that its steps are on. */
export type PipelineSteps = Partial<Record<Role | "control", Readonly<Record<string, Step>>>>;

const SHARED = {
  control: {
    closeRun,
    gatePolicy,
    keepDecision,
    gatherChunks,
    gatherSpans,
    measureAnswers,
    tabulate,
  } satisfies Written<ControlSteps & MeasureSteps>,
  rollout: { answerItems } satisfies Written<AnswerSteps>,
  train: { trainPolicy, mergePolicy } satisfies Written<TrainSteps>,
};

/** Steps of pipelines. A new pipeline adds one line. */
const PIPELINES: readonly PipelineSteps[] = [evaluateSteps, selectorSteps, snowballSteps, spatialSteps];

/** The steps of a queue, each made an activity. */
export function activitiesOf(queue: Role | "control", deps: ActivityDeps): Activities {
  const parts: readonly PipelineSteps[] = [SHARED, ...PIPELINES];
  const steps = parts.flatMap((each) => Object.entries(each[queue] ?? {}));
  return Object.fromEntries(steps.map(([name, step]) => [name, asActivity(deps, step)]));
}
