import proto from "@temporalio/proto";
import type { Connection } from "@temporalio/client";
import { CONTROL_QUEUE, queueOf, ROLES, type Role } from "../contract/queues.ts";

/** A poll lasts a minute, and Temporal lists a poller for five: one that was not heard of for this long is gone. */
const GONE_MS = 90_000;

const Kind = proto.temporal.api.enums.v1.TaskQueueType;

/** Of these queues, those that no worker polls. */
export async function unservedQueues(
  { connection, namespace }: { readonly connection: Connection; readonly namespace: string },
  queues: readonly (Role | "control")[] = ["control", ...ROLES],
): Promise<(Role | "control")[]> {
  const served = await Promise.all(
    queues.map(async (queue) => {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: queue === "control" ? CONTROL_QUEUE : queueOf(queue) },
        taskQueueType: queue === "control" ? Kind.TASK_QUEUE_TYPE_WORKFLOW : Kind.TASK_QUEUE_TYPE_ACTIVITY,
      });
      return (pollers ?? []).some(isRecent);
    }),
  );
  return queues.filter((_, i) => !served[i]);
}

/** Was this poller heard of so lately that it must still be there? */
export function isRecent({ lastAccessTime }: Poller): boolean {
  return Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < GONE_MS;
}

type Poller = proto.temporal.api.taskqueue.v1.IPollerInfo;
