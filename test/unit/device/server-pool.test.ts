import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createServerPool } from "../../../src/device/server-pool.ts";
import { diary, type FakeServer, poolOf } from "../../support/servers.ts";

const never = { signal: new AbortController().signal };
const LONG = 60_000;

function killed(server: FakeServer): Promise<never> {
  server.alive = false;
  return Promise.reject(new Error("killed"));
}

function pools(devices: string, limits: Partial<{ idleMs: number; maxHoldMs: number }> = {}) {
  const devicePool = poolOf(devices);
  const servers = createServerPool<FakeServer>(devicePool, { idleMs: LONG, maxHoldMs: LONG, lingerMs: 0, ...limits });
  const { entries, starter } = diary();
  const use = (key: string, ms = 0, role: "rollout" | "score" = "rollout", more: object = {}) =>
    servers.use(
      key,
      role,
      starter(key),
      async (server) => {
        entries.push(`${server.name} works`);
        await sleep(ms);
      },
      { ...never, ...more },
    );
  return { devicePool, servers, entries, use };
}

test("a warm server serves the next use of its key without a start", async () => {
  const { entries, use } = pools("cpu:1");
  await use("planner");
  await use("planner");
  expect(entries).toEqual(["start planner on cpu:0", "planner works", "planner works"]);
});

test("an idle server makes room as soon as another role waits", async () => {
  const { entries, use } = pools("cpu:1");
  await use("planner");
  await use("critic", 0, "score");
  expect(entries).toEqual([
    "start planner on cpu:0",
    "planner works",
    "closed planner",
    "start critic on cpu:0",
    "critic works",
  ]);
});

test("an idle server makes room for a plain lease too, which begins when the server is gone", async () => {
  const { devicePool, entries, use } = pools("cpu:1");
  await use("planner");
  const lease = await devicePool.lease("train", never);
  expect(entries.at(-1)).toBe("closed planner");
  lease.release();
});

test("only as many idle servers are closed as there are waiters", async () => {
  const { entries, use } = pools("cpu:2");
  await use("planner");
  await use("critic", 0, "score");
  await use("evaluator", 0, "score", { family: "evaluator" });
  expect(entries.filter((entry) => entry.startsWith("closed"))).toEqual(["closed planner"]); // the longest idle
});

test("the server that was used last stays longest", async () => {
  const { entries, use } = pools("cpu:2");
  await use("planner");
  await use("critic", 0, "score");
  await use("planner");
  await use("evaluator", 0, "score", { family: "evaluator" });
  expect(entries.filter((entry) => entry.startsWith("closed"))).toEqual(["closed critic"]);
});

test("a server that becomes idle stays warm while another one already makes room", async () => {
  const { devicePool, entries, use } = pools("cpu:2");
  const working = use("planner", 10);
  await use("critic", 0, "score");
  const lease = await devicePool.lease("train", never); // closing the critic takes longer than the planner's work
  await working;
  lease.release();
  await sleep(30);
  expect(entries.filter((entry) => entry.startsWith("closed"))).toEqual(["closed critic"]);
});

test.each(Array.from({ length: 12 }, (_, ticks) => [ticks]))(
  "granted a device and handed a server within %i ticks, a use keeps one and loses neither",
  async (ticks) => {
    const { devicePool, servers, entries, use } = pools("cpu:2");
    const finish = Promise.withResolvers<void>();
    const first = servers.use("planner", "rollout", diary().starter("planner"), () => finish.promise, never);
    const other = await devicePool.lease("train", never);
    await sleep(1); // the first works
    const second = use("planner");
    other.release();
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    finish.resolve();
    await Promise.all([first, second]);
    expect(entries.at(-1)).toBe("planner works");
    await servers.close();
    await Promise.all([devicePool.lease("train", never), devicePool.lease("train", never)]);
  },
);

test("a busy server is not disturbed, and goes on to its own queue before it makes room", async () => {
  const { entries, use } = pools("cpu:1");
  const first = use("planner", 30);
  const critic = use("critic", 0, "score");
  const second = use("planner", 30);
  await Promise.all([first, critic, second]);
  expect(entries).toEqual([
    "start planner on cpu:0",
    "planner works",
    "planner works",
    "closed planner",
    "start critic on cpu:0",
    "critic works",
  ]);
});

test("past its longest hold it takes no new use while another role waits", async () => {
  const { entries, use } = pools("cpu:1", { maxHoldMs: 20 });
  const first = use("planner", 40);
  const critic = use("critic", 0, "score");
  const second = use("planner");
  await Promise.all([first, critic, second]);
  expect(entries).toEqual([
    "start planner on cpu:0",
    "planner works",
    "closed planner",
    "start critic on cpu:0",
    "critic works",
    "closed critic",
    "start planner on cpu:0",
    "planner works",
  ]);
});

test("past its longest hold it goes on as long as nobody else waits", async () => {
  const { entries, use } = pools("cpu:1", { maxHoldMs: 1 });
  await use("planner", 10);
  await use("planner", 10);
  expect(entries.filter((entry) => entry.startsWith("start"))).toHaveLength(1);
});

test("one use at a time per server; a second device gets a second server", async () => {
  const { entries, use } = pools("cpu:2");
  await Promise.all([use("planner", 20), use("planner", 20), use("planner", 20)]);
  expect(entries.toSorted()).toEqual([
    "planner works",
    "planner works",
    "planner works",
    "start planner on cpu:0",
    "start planner on cpu:1",
  ]);
});

test("the next policy replaces the last of its family, even where a device is free", async () => {
  const { entries, use } = pools("cpu:2");
  await use("policy 0");
  await use("policy 1");
  await sleep(30);
  expect(entries).toContain("closed policy 0");
  await use("critic", 0, "score");
  expect(entries.filter((entry) => entry.startsWith("closed"))).toEqual(["closed policy 0"]);
});

test("a busy server that was superseded ends when it is idle", async () => {
  const { entries, use } = pools("cpu:2");
  await Promise.all([use("policy 0", 20), use("policy 1")]);
  await sleep(30);
  expect(entries.filter((entry) => entry.startsWith("closed"))).toEqual(["closed policy 0"]);
});

test("a dead server is dropped and started anew", async () => {
  const { servers, entries, use } = pools("cpu:1");
  const dies = servers.use("planner", "rollout", diary().starter("planner"), killed, never);
  await expect(dies).rejects.toThrow("killed");
  await use("planner");
  expect(entries).toEqual(["start planner on cpu:0", "planner works"]);
});

test("a server that died while idle is not given to anybody", async () => {
  const { servers, entries, use } = pools("cpu:1");
  let warm: FakeServer | undefined;
  await use("planner");
  await servers.use(
    "planner",
    "rollout",
    () => Promise.reject(new Error("started")),
    (server) => Promise.resolve((warm = server)),
    never,
  );
  warm!.alive = false;
  await use("planner");
  expect(entries.filter((entry) => entry.startsWith("start"))).toHaveLength(2);
});

test("a start that fails gives the device back", async () => {
  const { servers, use } = pools("cpu:1");
  const failing = servers.use(
    "planner",
    "rollout",
    () => Promise.reject(new Error("no such model")),
    () => Promise.resolve(),
    never,
  );
  await expect(failing).rejects.toThrow("no such model");
  await use("planner");
});

test("an idle server ends by itself, and its device is free", async () => {
  const { entries, use } = pools("cpu:1", { idleMs: 20 });
  await use("planner");
  await sleep(60);
  expect(entries.at(-1)).toBe("closed planner");
  await use("planner");
});

test("cancelled while it waits, a use leaves at once and costs nobody a device", async () => {
  const { entries, use } = pools("cpu:1");
  const cancel = new AbortController();
  const working = use("planner", 40);
  const waiting = use("critic", 0, "score", { signal: cancel.signal });
  cancel.abort(new Error("cancelled"));
  await expect(waiting).rejects.toThrow("cancelled");
  await working;
  await use("planner");
  expect(entries.filter((entry) => entry.startsWith("start"))).toEqual(["start planner on cpu:0"]);
});

test("many uses of three roles on two devices all get done, with never more servers than devices", async () => {
  const { servers, entries, use } = pools("cpu:2", { maxHoldMs: 15 });
  const keys = ["policy", "critic", "evaluator"];
  const uses = Array.from({ length: 30 }, (_, at) => use(keys[at % 3]!, 3, "score", { family: keys[at % 3] }));
  await Promise.all(uses);
  await servers.close();
  let open = 0;
  for (const entry of entries) {
    open += entry.startsWith("start") ? 1 : entry.startsWith("closed") ? -1 : 0;
    expect(open).toBeLessThanOrEqual(2);
  }
  expect(open).toBe(0);
  expect(entries.filter((entry) => entry.endsWith("works"))).toHaveLength(30);
});

test("closing ends every server, waits for those that start, and refuses who waits", async () => {
  const { servers, entries, use } = pools("cpu:1");
  const working = use("planner", 10);
  const waiting = use("critic", 0, "score");
  await Promise.all([
    expect(waiting).rejects.toMatchObject({ type: "Infrastructure" }),
    sleep(5).then(() => servers.close()),
  ]);
  expect(entries.at(-1)).toBe("closed planner");
  await working;
  await expect(use("planner")).rejects.toThrow("The worker is ending");
});

test("a server on several devices waits for all of them, and two such never hold what the other lacks", async () => {
  const { devicePool, entries, use } = pools("cpu:3");
  const two = { devices: 2 };
  await Promise.all([use("planner", 5, "rollout", two), use("critic", 5, "score", two), use("editor", 5)]);
  expect(entries.filter((entry) => entry.startsWith("start"))).toHaveLength(3);
  expect(entries.filter((entry) => / on cpu:\d and cpu:\d$/.test(entry))).toHaveLength(2);
  // Idle, it gives all of them back to whoever waits.
  const leases = await Promise.all(Array.from({ length: 3 }, () => devicePool.lease("train", never)));
  expect(new Set(leases.map(({ device }) => device.index)).size).toBe(3);
  for (const lease of leases) lease.release();
});

test("who gives up waiting for the second device gives the first one back", async () => {
  const { devicePool, use } = pools("cpu:2");
  const held = await devicePool.lease("train", never);
  const cancel = new AbortController();
  const waiting = use("planner", 0, "rollout", { devices: 2, signal: cancel.signal });
  await sleep(10);
  cancel.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  (await devicePool.lease("train", never)).release();
  held.release();
  await use("planner", 0, "rollout", { devices: 2 });
});
