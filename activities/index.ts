import type { ChainSteps } from "../src/contract/chain.ts";
import type { ControlSteps, TrainSteps } from "../src/contract/steps.ts";
import type { Role } from "../src/contract/queues.ts";
import type { AnswerSteps, MeasureSteps } from "../src/contract/benchmark.ts";
import type { NoticeSteps } from "../src/contract/notice.ts";
import type { TrackSteps } from "../src/contract/tracking.ts";
import type { CheckSteps } from "../src/contract/check.ts";
import { answerItems, measureAnswers } from "./benchmark.ts";
import { checkTraining } from "./check.ts";
import { closeRun } from "./close.ts";
import type { ActivityDeps } from "./deps.ts";
import { gatePolicy, keepDecision } from "./gate.ts";
import { gatherChunks, gatherSpans } from "./gather.ts";
import { mergePolicy } from "./merge.ts";
import { harpSteps } from "./harp/index.ts";
import { evaluateSteps } from "./evaluate/index.ts";
import { selectorSteps } from "./pointer-selector/index.ts";
import { snowballSteps } from "./snowball/index.ts";
import { spatialSteps } from "./spatial/index.ts";
import { showStage } from "./show-stage.ts";
import { notify } from "./notify.ts";
import { tabulate } from "./tabulate.ts";
import { asActivity, type Step, type Written } from "./step.ts";
import { unifiedRewardSteps } from "./unified-reward/index.ts";
import { track } from "./track.ts";
import { trainPolicy } from "./train.ts";

/** Steps by their names, as their worker registers them. */
export type Activities = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** What a pipeline brings of its own, by the queue that its steps are on. */
export type PipelineSteps = Partial<Record<Role | "control" | "api", Readonly<Record<string, Step>>>>;

const SHARED = {
  control: {
    closeRun,
    gatePolicy,
    keepDecision,
    gatherChunks,
    gatherSpans,
    measureAnswers,
    notify,
    showStage,
    tabulate,
    track,
  } satisfies Written<ControlSteps & MeasureSteps & ChainSteps & NoticeSteps & TrackSteps>,
  rollout: { answerItems } satisfies Written<AnswerSteps>,
  train: { trainPolicy, mergePolicy, checkTraining } satisfies Written<TrainSteps & CheckSteps>,
};

/** Steps of pipelines. A new pipeline adds one line. */
const PIPELINES: readonly PipelineSteps[] = [
  evaluateSteps,
  harpSteps,
  selectorSteps,
  snowballSteps,
  spatialSteps,
  unifiedRewardSteps,
];

/** The steps of a queue, each made an activity. */
export function activitiesOf(queue: Role | "control" | "api", deps: ActivityDeps): Activities {
  const parts: readonly PipelineSteps[] = [SHARED, ...PIPELINES];
  const steps = parts.flatMap((each) => Object.entries(each[queue] ?? {}));
  return Object.fromEntries(steps.map(([name, step]) => [name, asActivity(deps, step)]));
}
