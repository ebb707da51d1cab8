import { type ActivityOptions, ActivityCancellationType, proxyActivities } from "@temporalio/workflow";
import { FINAL, ISOLATED } from "../../src/contract/failures.ts";
import { CONTROL_QUEUE, queueOf } from "../../src/contract/queues.ts";
import type { StepLimits } from "../../src/contract/run.ts";
import type { ControlSteps, ImagineSteps, RolloutSteps, ScoreSteps, TrainSteps } from "../../src/contract/steps.ts";

/** The steps of a run, each bound to the task queue of its role and to limits. */
export function stepsOf(limits: StepLimits) {
  const options = (taskQueue: string, seconds: number, notRetried: readonly string[]): ActivityOptions => ({
    taskQueue,
    startToCloseTimeout: seconds * 1000,
    heartbeatTimeout: limits.heartbeatSeconds * 1000,
    // A device must be free before the next step starts on it, so cancel waits for the step to end.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: limits.initialIntervalSeconds * 1000,
      backoffCoefficient: 2,
      maximumInterval: "60s",
      maximumAttempts: limits.maxAttempts,
      nonRetryableErrorTypes: [...notRetried],
    },
  });
  const onChunk = [...FINAL, ...ISOLATED];
  return {
    control: proxyActivities<ControlSteps>(options(CONTROL_QUEUE, limits.chunkSeconds, FINAL)),
    rollout: proxyActivities<RolloutSteps>(options(queueOf("rollout"), limits.chunkSeconds, onChunk)),
    imagine: proxyActivities<ImagineSteps>(options(queueOf("imagine"), limits.chunkSeconds, onChunk)),
    score: proxyActivities<ScoreSteps>(options(queueOf("score"), limits.chunkSeconds, onChunk)),
    train: proxyActivities<TrainSteps>(options(queueOf("train"), limits.trainSeconds, FINAL)),
  };
}
export type Steps = ReturnType<typeof stepsOf>;
