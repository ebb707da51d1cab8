import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createServerPool } from "../../../src/device/server-pool.ts";
import { diary, type FakeServer, poolOf } from "../../support/servers.ts";

const never = { signal: new AbortController().signal };
const LONG = 60_000;

/** Several runs on the same devices, each with policies of its own. */
function runsOn(devices: string, limits: Partial<{ maxHoldMs: number; lingerMs: number }> = {}) {
  const pool = poolOf(devices);
  const servers = createServerPool<FakeServer>(pool, { idleMs: LONG, maxHoldMs: LONG, lingerMs: LONG, ...limits });
  const { entries, starter } = diary();
  const use = (run: string, key: string, ms = 0, role: "rollout" | "score" = "rollout", family: string = role) =>
    servers.use(key, role, starter(key), () => sleep(ms), { ...never, run, family });
  /** One chunk after the other, with the moment between them in which the next task is fetched. */
  const chunks = async (run: string, key: string, count: number, ms = 2): Promise<void> => {
    for (let chunk = 0; chunk < count; chunk += 1) {
      await use(run, key, ms);
      await sleep(1);
    }
  };
  const count = (what: "start" | "closed"): number => entries.filter((entry) => entry.startsWith(what)).length;
  return { pool, entries, use, chunks, count };
}

test("two runs with policies of their own keep both warm where there are devices for both", async () => {
  const { chunks, count } = runsOn("cpu:2");
  await Promise.all([chunks("a", "a's policy", 5), chunks("b", "b's policy", 5)]);
  expect([count("start"), count("closed")]).toEqual([2, 0]);
});

test("a run's next policy replaces its last, and no other run's", async () => {
  const { entries, use } = runsOn("cpu:3");
  await use("a", "a 0");
  await use("b", "b 0");
  await use("a", "a 1");
  await sleep(30);
  expect(entries.filter((entry) => entry.startsWith("closed"))).toEqual(["closed a 0"]);
});

test("a server that two runs use stays when one of them moves on, and goes when both have", async () => {
  const { entries, use } = runsOn("cpu:2");
  await use("a", "base");
  await use("b", "base");
  await use("a", "a 1");
  await sleep(30);
  expect(entries).toEqual(["start base on cpu:0", "start a 1 on cpu:1"]);
  await use("b", "a 1");
  await sleep(30);
  expect(entries.at(-1)).toBe("closed base");
});

test("two runs on one device swap now and then, and not at every chunk", async () => {
  const { chunks, count } = runsOn("cpu:1", { maxHoldMs: 80, lingerMs: 500 });
  await Promise.all([chunks("a", "a's policy", 30, 6), chunks("b", "b's policy", 30, 6)]);
  expect(count("start")).toBeGreaterThan(2); // neither waits until the other has done all
  expect(count("start")).toBeLessThan(30);
});

test("who has no next chunk at hand makes room for another run after a moment", async () => {
  const { use, entries } = runsOn("cpu:1", { lingerMs: 20 });
  await use("a", "a's policy");
  const began = performance.now();
  await use("b", "b's policy");
  expect(entries.at(-1)).toBe("start b's policy on cpu:0");
  expect(performance.now() - began).toBeGreaterThanOrEqual(19);
});

test.each<[string, (stage: ReturnType<typeof runsOn>) => Promise<unknown>]>([
  ["another role of another run", ({ use }) => use("b", "b's critic", 0, "score")],
  ["another model of the same run", ({ use }) => use("a", "a's evaluator", 0, "rollout", "evaluator")],
  ["a training", async ({ pool }) => (await pool.lease("train", never)).release()],
])("%s is given the device at once", async (_, wants) => {
  const stage = runsOn("cpu:1"); // it would linger for a minute
  await stage.use("a", "a's policy");
  await wants(stage);
  expect(stage.entries).toContain("closed a's policy");
});
