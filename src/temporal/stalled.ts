import type { WorkflowExecutionDescription } from "@temporalio/client";
import proto from "@temporalio/proto";
import { DEPLOYMENT } from "../contract/queues.ts";
import type { Stalled } from "../report/snapshot.ts";
import type { Connected } from "./connection.ts";
import { isRecent } from "./pollers.ts";

// A CommonJS package whose names Node cannot see from outside.
const { EventType, TaskQueueType, WorkerVersioningMode, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

/** A workflow task that failed once may have met a worker that was just leaving. */
const FAILED_ATTEMPTS = 2;
/** A worker that starts makes its version current within a second or two, in ms. */
const NOTED_MS = 15_000;
/** The failed task is among the last events: later attempts leave none. */
const EVENTS_LOOKED_AT = 20;

/**
 * Why no worker can carry on with an open run although there are some: the run's version of the workflows has none any
 * more, or its workflow fails where it stands. Null when nothing of that kind is known.
 * @param at the workflow that does not answer: the run itself, or the child that streams its chunks
 * @param complaints what workers said that tried to answer for it
 */
export async function whyStalled(
  server: Connected,
  run: Described,
  { workflowId, raw }: Described,
  complaints: readonly string[],
): Promise<Stalled | null> {
  const name = run.workflowId;
  const complaint = complaints.find((each) => each.includes(DISAGREES));
  const stalled =
    complaint === undefined
      ? ((await byFailure(server, name, workflowId, raw)) ?? (await byVersion(server, name, raw)))
      : disagreeing(name, complaint);
  return stalled && { ...stalled, runId: run.runId };
}

/** The SDK's mark of a history that the workflow's code would not have made. */
const DISAGREES = "TMPRL1100";

type Described = Pick<WorkflowExecutionDescription, "workflowId" | "runId" | "raw">;
type Raw = Described["raw"];
type Why = Omit<Stalled, "runId">;

async function byVersion(server: Connected, run: string, raw: Raw): Promise<Why | null> {
  const pinned = raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId ?? null;
  const { versions, current } = await versionsOf(server, raw.executionConfig?.taskQueue?.name ?? "");
  // Without a worker that would take the run over it is only waiting, for whichever comes first.
  if (!versions.has(current)) {
    return pinned === null && versions.size > 0 && hasWaited(raw) ? noCurrent(run, [...versions]) : null;
  }
  if (pinned === null || versions.has(pinned)) return null;
  return movable(run, `${run} belongs to version ${pinned} of the workflows, of which no worker is left.`);
}

function hasWaited({ pendingWorkflowTask }: Raw): boolean {
  return Date.now() - Number(pendingWorkflowTask?.scheduledTime?.seconds ?? Infinity) * 1000 > NOTED_MS;
}

function movable(run: string, why: string): Why {
  const todo = `Move it on: bin/snowball resume ${run} (it starts over, and nothing that was committed is done again).`;
  return { why, todo, movable: true };
}

function disagreeing(run: string, why: string): Why {
  const who = `${run} was begun by another version of the workflows than its worker has`;
  return movable(run, `${who}, and they do not agree (${why.split("\n")[0]}).`);
}

function noCurrent(run: string, versions: readonly string[]): Why {
  const version = versions.find((each) => each !== UNVERSIONED);
  return {
    why: `${run} waits: new runs go to a version of the workflows that has no worker.`,
    todo: `Say which one they go to: temporal worker deployment set-current-version --deployment-name ${DEPLOYMENT} --build-id ${version ?? '""'}`,
    movable: false,
  };
}

/** Workers without a version. */
const UNVERSIONED = "";

/** The versions of the workers that poll a queue, and the one that new runs go to. */
async function versionsOf(
  { connection, namespace }: Connected,
  name: string,
): Promise<{ versions: ReadonlySet<string>; current: string }> {
  const { pollers, versioningInfo } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
  });
  const versions = (pollers ?? []).filter(isRecent).map(({ deploymentOptions: options }) => {
    const versioned = options?.workerVersioningMode === WorkerVersioningMode.WORKER_VERSIONING_MODE_VERSIONED;
    return versioned ? (options?.buildId ?? UNVERSIONED) : UNVERSIONED;
  });
  return {
    versions: new Set(versions),
    current: versioningInfo?.currentDeploymentVersion?.buildId ?? UNVERSIONED,
  };
}

async function byFailure(
  { connection, namespace }: Connected,
  run: string,
  workflowId: string,
  { pendingWorkflowTask }: Raw,
): Promise<Why | null> {
  const attempt = pendingWorkflowTask?.attempt ?? 0;
  if (attempt < FAILED_ATTEMPTS) return null;
  const { history } = await connection.workflowService.getWorkflowExecutionHistoryReverse({
    namespace,
    execution: { workflowId },
    maximumPageSize: EVENTS_LOOKED_AT,
  });
  const last = history?.events?.find(({ eventType }) => DECIDED.has(eventType))?.workflowTaskFailedEventAttributes;
  if (!last) return null;
  const [why = ""] = (last.failure?.message ?? "").split("\n");
  if (last.cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR) {
    return disagreeing(run, why);
  }
  return {
    why: `The workflow of ${run} fails and is tried again (attempt ${attempt}): ${why}.`,
    todo: "The worker's log says more.",
    movable: false,
  };
}

/** How a workflow task ends: the newest of these events says how the last one did that left any. */
const DECIDED: ReadonlySet<unknown> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
]);
