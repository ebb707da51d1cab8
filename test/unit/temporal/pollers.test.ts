import type { Connection } from "@temporalio/client";
import { expect, test } from "vitest";
import { unservedQueues } from "../../../src/temporal/pollers.ts";

const at = (secondsAgo: number) => ({ seconds: Math.floor(Date.now() / 1000) - secondsAgo });

/** A server at which one worker polled every queue some time ago. */
function server(polledAgo: number, listWorkers: () => Promise<object>): { connection: Connection; namespace: string } {
  const describeTaskQueue = async () => ({ pollers: [{ lastAccessTime: at(polledAgo) }] });
  return { connection: { workflowService: { describeTaskQueue, listWorkers } } as never, namespace: "default" };
}

const beating = (taskQueue: string, secondsAgo: number) => async () => ({
  workersInfo: [{ workerHeartbeat: { taskQueue, heartbeatTime: at(secondsAgo) } }],
});

const failing = (code: number) => async (): Promise<object> => {
  throw Object.assign(new Error("no"), { code, details: "", metadata: {} });
};

test("a queue that was polled lately is served, and nobody is asked about its workers", async () => {
  expect(await unservedQueues(server(10, failing(14)))).toEqual([]);
});

test("a worker that trains for an hour polls nothing and is there; one whose heart has stopped is not", async () => {
  const queues = ["train", "score"] as const;
  expect(await unservedQueues(server(600, beating("snowball-train", 15)), queues)).toEqual(["score"]);
  expect(await unservedQueues(server(600, beating("snowball-train", 600)), queues)).toEqual(["train", "score"]);
});

test("a server that keeps no heartbeats says no more than its pollers do; another failure is told", async () => {
  expect(await unservedQueues(server(600, failing(12)), ["train"])).toEqual(["train"]);
  await expect(unservedQueues(server(600, failing(14)), ["train"])).rejects.toThrow("no");
});
