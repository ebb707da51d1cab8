import proto from "@temporalio/proto";
import type { Connection } from "@temporalio/client";
import { CONTROL_QUEUE, queueOf, ROLES, type Role } from "../contract/queues.ts";

/** A poll lasts a minute, and Temporal lists a poller for five: one that was not heard of for this long is gone. */
const GONE_MS = 90_000;

/** What gRPC calls a method that a server does not have, or has switched off. */
const UNIMPLEMENTED = 12;

const Kind = proto.temporal.api.enums.v1.TaskQueueType;

interface Server {
  readonly connection: Connection;
  readonly namespace: string;
}

function nameOf(queue: Role | "control"): string {
  return queue === "control" ? CONTROL_QUEUE : queueOf(queue);
}

/** Of these queues, those that no worker takes. */
export async function unservedQueues(
  { connection, namespace }: Server,
  queues: readonly (Role | "control")[] = ["control", ...ROLES],
): Promise<(Role | "control")[]> {
  const polled = await Promise.all(
    queues.map(async (queue) => {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: nameOf(queue) },
        taskQueueType: queue === "control" ? Kind.TASK_QUEUE_TYPE_WORKFLOW : Kind.TASK_QUEUE_TYPE_ACTIVITY,
      });
      return (pollers ?? []).some(isRecent);
    }),
  );
  const quiet = queues.filter((_, i) => !polled[i]);
  if (quiet.length === 0) return [];
  const alive = await queuesOfWorkers({ connection, namespace });
  return quiet.filter((queue) => !alive.has(nameOf(queue)));
}

/**
 * The queues of the workers whose heartbeats are recent. One whose slots are all taken asks for nothing for as long as a
 * training lasts, and is there all the same. Empty where the server keeps no heartbeats.
 */
async function queuesOfWorkers({ connection, namespace }: Server): Promise<Set<string>> {
  const { workersInfo } = await connection.workflowService.listWorkers({ namespace }).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === UNIMPLEMENTED) return { workersInfo: [] };
    throw error;
  });
  return new Set(
    (workersInfo ?? []).flatMap(({ workerHeartbeat: beat }) =>
      beat?.taskQueue && isRecent({ lastAccessTime: beat.heartbeatTime ?? null }) ? [beat.taskQueue] : [],
    ),
  );
}

/** Was this poller heard of so lately that it must still be there? */
export function isRecent({ lastAccessTime }: Poller): boolean {
  return Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < GONE_MS;
}

type Poller = proto.temporal.api.taskqueue.v1.IPollerInfo;
