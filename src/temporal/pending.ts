import proto from "@temporalio/proto";
import {
  type Client,
  defaultPayloadConverter,
  type WorkflowExecutionDescription,
  WorkflowNotFoundError,
} from "@temporalio/client";

/** A step that is scheduled or under way, as Temporal sees it. */
export interface PendingStep {
  readonly type: string;
  readonly attempt: number;
  readonly started: boolean;
  /** Milliseconds since it was scheduled, by this host's clock. */
  readonly waitedMs: number;
  /** The innermost message of the last attempt's failure. */
  readonly lastFailure: string | null;
  /** What the step said last. */
  readonly heartbeat: Heartbeat | null;
}

export interface Heartbeat {
  readonly doing: string;
  readonly done?: number;
  readonly total?: number;
  readonly metrics?: Readonly<Record<string, number>>;
  /** That it holds, by host: "gpu-1 cuda:0". */
  readonly devices?: readonly string[];
}

const State = proto.temporal.api.enums.v1.PendingActivityState;
type Info = NonNullable<WorkflowExecutionDescription["raw"]["pendingActivities"]>[number];

/** The pending steps of a workflow and of its children that stream chunks; one that is over has none. */
export async function pendingSteps(client: Client, workflowIds: readonly string[]): Promise<PendingStep[]> {
  const described = await Promise.all(workflowIds.map((id) => client.workflow.getHandle(id).describe().catch(ifGone)));
  return described.filter((each) => each !== null).flatMap(({ raw }) => (raw.pendingActivities ?? []).map(pendingStep));
}

/** Null for a workflow that is gone: a child may have ended between two calls. */
export function ifGone(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}

function pendingStep(info: Info): PendingStep {
  const payload = info.heartbeatDetails?.payloads?.[0];
  return {
    type: info.activityType?.name ?? "",
    attempt: info.attempt ?? 1,
    started: info.state !== State.PENDING_ACTIVITY_STATE_SCHEDULED,
    waitedMs: Date.now() - Number(info.scheduledTime?.seconds ?? Date.now() / 1000) * 1000,
    lastFailure: innermost(info.lastFailure),
    heartbeat: payload ? defaultPayloadConverter.fromPayload<Heartbeat>(payload) : null,
  };
}

function innermost(failure: Info["lastFailure"]): string | null {
  let at = failure ?? null;
  // A cause that StepFailure wraps says the same sentence again; the typed one above it is enough.
  while (at?.cause && !at.applicationFailureInfo) at = at.cause;
  return at?.message ?? null;
}
