import {
  type ActivityOptions,
  ActivityCancellationType,
  proxyActivities,
  type UntypedActivities,
} from "@temporalio/workflow";
import { FINAL, ISOLATED } from "../../src/contract/failures.ts";
import { API_QUEUE, CONTROL_QUEUE, queueOf, type Role } from "../../src/contract/queues.ts";
import type { StepLimits } from "../../src/contract/run.ts";
import type { ControlSteps, TrainSteps } from "../../src/contract/steps.ts";

/** Steps without a device, a pipeline's own or everybody's. */
export function controlSteps<Steps = ControlSteps>(limits: StepLimits) {
  return proxyActivities<Steps & UntypedActivities>(options(limits, CONTROL_QUEUE, limits.chunkSeconds, FINAL));
}

/** A pipeline's own steps on the devices that train. */
export function ownTrainSteps<Steps>(limits: StepLimits) {
  return proxyActivities<Steps & UntypedActivities>(options(limits, queueOf("train"), limits.trainSeconds, FINAL));
}

/** A pipeline's steps on the devices of a role. Of a chunk's crash the workflow decides what comes next (isolate.ts). */
export function roleSteps<Steps>(role: Exclude<Role, "train">, limits: StepLimits) {
  const notRetried = [...FINAL, ...ISOLATED];
  return proxyActivities<Steps & UntypedActivities>(options(limits, queueOf(role), limits.chunkSeconds, notRetried));
}

/**
 * A pipeline's requests to a service outside, each dispatch of which counts in the rate of their queue: so a request
 * that is refused is tried again by Temporal, after what the service asked for, and never inside of its step.
 */
export function apiSteps<Steps>(limits: StepLimits, maxAttempts: number) {
  const patient = { ...limits, maxAttempts };
  return proxyActivities<Steps & UntypedActivities>(options(patient, API_QUEUE, limits.chunkSeconds, FINAL));
}

/** Steps that train. */
export function trainSteps<Steps = TrainSteps>(limits: StepLimits) {
  return proxyActivities<Steps & UntypedActivities>(options(limits, queueOf("train"), limits.trainSeconds, FINAL));
}

function options(
  limits: StepLimits,
  taskQueue: string,
  seconds: number,
  notRetried: readonly string[],
): ActivityOptions {
  return {
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
  };
}
