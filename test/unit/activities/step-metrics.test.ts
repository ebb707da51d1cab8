import type { Context } from "@temporalio/activity";
import { expect, test } from "vitest";
import { stepMetrics } from "../../../activities/step-metrics.ts";

function counted(attempt: number) {
  const added: [string, number, object?][] = [];
  const createCounter = (name: string) => ({
    add: (value: number, tags?: object) => added.push(tags ? [name, value, tags] : [name, value]),
  });
  const createHistogram = (name: string) => ({
    record: (value: number, tags?: object) => added.push(tags ? [name, value, tags] : [name, value]),
  });
  const context = { metricMeter: { createCounter, createHistogram }, info: { attempt } } as unknown as Context;
  return { metrics: stepMetrics(context), added };
}

test("rows are those of the artifact that a step returned, or of the policy that it trained", () => {
  const { metrics, added } = counted(1);
  metrics.started();
  metrics.done({ key: "rollout-1", rows: 16 });
  metrics.done({ policy: { base: { folder: "m", digest: "d" }, adapter: { key: "train-1", rows: 59 } }, metrics: {} });
  metrics.done(undefined);
  metrics.done({ decision: "promote" });
  expect(added).toEqual([
    ["snowball_rows", 16],
    ["snowball_rows", 59],
  ]);
});

test("an attempt after the first is a retry, and a failure says its type", () => {
  const { metrics, added } = counted(2);
  metrics.started();
  metrics.failed("OutOfMemory");
  expect(added).toEqual([
    ["snowball_retries", 1],
    ["snowball_failures", 1, { type: "OutOfMemory" }],
  ]);
});

test("a device is busy while a model is loaded onto it and works, and what was waited for it is apart", () => {
  const { metrics, added } = counted(1);
  const time = { step: "rolloutChunk", queue: "snowball-rollout", attempt: 1, failed: false, host: "a", began: 0 };
  metrics.took({ ...time, devices: ["cuda:0"], took: 9000, queued: 0, waited: 2000, loaded: 3000, worked: 4000 });
  metrics.took({ ...time, devices: [], took: 9000, queued: 0, waited: 0, loaded: 0, worked: 0 });
  expect(added).toEqual([
    ["snowball_device_wait", 2],
    ["snowball_device_busy", 7, { device: "a cuda:0" }],
  ]);
});
