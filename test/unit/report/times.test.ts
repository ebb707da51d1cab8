import { expect, test } from "vitest";
import { partTimes, timeSpent, timeTables, type TimedStep } from "../../../src/report/times.ts";

const STEP: TimedStep = {
  queue: "snowball-rollout",
  failed: false,
  host: "a",
  devices: ["cuda:0"],
  began: 0,
  took: 10_000,
  queued: 500,
  waited: 2_000,
  loaded: 3_000,
  worked: 5_000,
};

test("time is summed by role, and a device's share is of the time in which the run was at work", () => {
  const steps: TimedStep[] = [
    STEP,
    // Beside it, on another device.
    { ...STEP, queue: "snowball-score", devices: ["cuda:1"], began: 5_000, waited: 0, loaded: 0, worked: 10_000 },
    // A night later, without a device.
    { ...STEP, queue: "snowball", devices: [], began: 1e8, took: 5_000, queued: 0, waited: 0, loaded: 0, worked: 0 },
  ];
  const { roles, devices } = timeSpent(steps);
  expect(roles).toEqual([
    { role: "rollout", steps: 1, failed: 0, devices: 1, queued: 500, waited: 2_000, loaded: 3_000, worked: 5_000 },
    { role: "score", steps: 1, failed: 0, devices: 1, queued: 500, waited: 0, loaded: 0, worked: 10_000 },
    { role: "light steps", steps: 1, failed: 0, devices: 0, queued: 0, waited: 0, loaded: 0, worked: 5_000 },
  ]);
  // 15 s with two steps that overlap, and 5 s.
  expect(devices).toEqual([
    { device: "a cuda:0", busy: 8_000, share: 0.4 },
    { device: "a cuda:1", busy: 10_000, share: 0.5 },
  ]);
});

test("the tables say who waited most, and which attempts failed", () => {
  const [byRole, byDevice] = timeTables([STEP, { ...STEP, failed: true }]);
  expect(byRole!.notes).toEqual([
    "The bottleneck is rollout: 16 s on its device.",
    "Sums over steps, which overlap. rollout waited and loaded most: 10 s, .50 of its steps' time. Of attempts that failed, which 1 did, the time is in it.",
  ]);
  expect(byDevice!.rows).toEqual([{ device: "a cuda:0", busy: "16 s", share: 1.6 }]);
  expect(timeTables([])).toEqual([]);
});

test("the bottleneck is the role that each of its devices was held for longest", () => {
  const trained: TimedStep = { ...STEP, queue: "snowball-train", devices: ["cuda:2"], loaded: 0, worked: 9_000 };
  const steps = [STEP, { ...STEP, devices: ["cuda:1"] }, trained];
  expect(timeTables(steps)[0]!.notes![0]).toBe("The bottleneck is train: 9 s on its device.");
  const slower = [STEP, { ...STEP, devices: ["cuda:1"], worked: 60_000 }, trained];
  expect(timeTables(slower)[0]!.notes![0]).toBe("The bottleneck is rollout: 36 s on each of its 2 devices.");
  expect(timeTables([{ ...trained, devices: [] }])[0]!.notes).toHaveLength(1);
});

test("a part of a run has the steps that were asked for in its periods, by the server's clock", () => {
  const steps: TimedStep[] = [
    // Asked for within, though its worker's clock is an hour late.
    { ...STEP, scheduled: 1_000, began: 3_600_000 },
    { ...STEP, queue: "snowball-train", scheduled: 19_999, began: 20_000, devices: ["cuda:1"], worked: 1_000 },
    // The next round's, and one of an earlier start in between.
    { ...STEP, scheduled: 20_000, began: 20_000 },
    { ...STEP, scheduled: 50_500, began: 50_500, took: 1_000, loaded: 0, worked: 500 },
  ];
  const periods = [
    { from: 1_000, to: 20_000 },
    { from: 50_000, to: 51_000 },
  ];
  const times = partTimes(steps, periods);
  expect(times.periods).toEqual(periods);
  expect(times.bottleneck).toBe("rollout");
  expect(times.roles.map(({ role, steps: count, worked }) => [role, count, worked])).toEqual([
    ["rollout", 2, 5_500],
    ["train", 1, 1_000],
  ]);
  // Of 21 s in which the part was at work: 3 + 5 + 0.5 s, and 3 + 1 s.
  expect(times.devices.map(({ device, busy, share }) => [device, busy, share.toFixed(3)])).toEqual([
    ["a cuda:0", 8_500, (8.5 / 21).toFixed(3)],
    ["a cuda:1", 4_000, (4 / 21).toFixed(3)],
  ]);
  expect(partTimes([], periods).bottleneck).toBeNull();
});
