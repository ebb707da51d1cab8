import * as fc from "fast-check";
import { expect, test } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { createDevicePool, type DeviceLease } from "../../../src/device/pool.ts";
import { poolOf } from "../../support/servers.ts";

const never = { signal: new AbortController().signal };

test("a device says what a child needs to know", async () => {
  const pool = createDevicePool({ devices: [{ kind: "cuda", index: 3 }], threads: 4, lockFolder: "/locks" });
  expect((await pool.lease("train", never)).device).toEqual({
    kind: "cuda",
    index: 3,
    name: "cuda:3",
    threads: 4,
    lock: "/locks/cuda-3.lock",
  });
  expect((await poolOf("cpu:2").lease("score", never)).device).toMatchObject({
    name: "cpu",
    lock: "/locks/cpu-0.lock",
  });
});

test("devices are leased first come first served, whatever the role", async () => {
  const pool = poolOf("cpu:1");
  const order: string[] = [];
  const held = await pool.lease("rollout", never);
  const waiters = (["score", "train", "score"] as const).map(async (role, at) => {
    const lease = await pool.lease(role, never);
    order.push(`${role} ${at}`);
    lease.release();
    lease.release(); // a second release gives away nothing
  });
  expect(pool.waiting().map(({ role }) => role)).toEqual(["score", "train", "score"]);
  held.release();
  await Promise.all(waiters);
  expect(order).toEqual(["score 0", "train 1", "score 2"]);
});

test("who waits says so at once and again, and leaves the line at once when cancelled", async () => {
  const pool = poolOf("cpu:1", 30);
  const held = await pool.lease("rollout", never);
  const cancel = new AbortController();
  let said = 0;
  const waiting = pool.lease("score", { signal: cancel.signal, onWaiting: () => (said += 1) });
  expect(said).toBe(1);
  await sleep(110);
  expect(said).toBeGreaterThanOrEqual(3);
  const before = performance.now();
  cancel.abort(new Error("cancelled"));
  await expect(waiting).rejects.toThrow("cancelled");
  expect(performance.now() - before).toBeLessThan(20);
  expect(pool.waiting()).toEqual([]);
  held.release();
  await pool.lease("score", never); // the device was not lost with the waiter
});

test("cancelled in the very moment of the grant, the device goes on to the next", async () => {
  const pool = poolOf("cpu:1");
  const held = await pool.lease("rollout", never);
  const cancel = new AbortController();
  const first = pool.lease("score", { signal: cancel.signal });
  const second = pool.lease("train", never);
  held.release();
  cancel.abort(new Error("cancelled"));
  await expect(first).rejects.toThrow("cancelled");
  expect((await second).device.index).toBe(0);
});

test("no device is ever leased twice or lost, whatever is leased, released and cancelled", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("lease", "release", "cancel"), { maxLength: 40 }), async (deeds) => {
      const pool = poolOf("cpu:3");
      const held: DeviceLease[] = [];
      const cancels: AbortController[] = [];
      const all: Promise<unknown>[] = [];
      for (const deed of deeds) {
        if (deed === "release") held.shift()?.release();
        if (deed === "cancel") cancels.pop()?.abort(new Error("cancelled"));
        if (deed === "lease") {
          const cancel = new AbortController();
          cancels.push(cancel);
          const leasing = pool.lease("score", { signal: cancel.signal });
          all.push(leasing.then((lease) => held.push(lease)));
        }
        await Promise.resolve();
        const out = held.map(({ device }) => device.index);
        expect(new Set(out).size).toBe(out.length);
      }
      for (const cancel of cancels) cancel.abort(new Error("cancelled"));
      const refused = (await Promise.allSettled(all)).filter((each) => each.status === "rejected");
      expect(refused.filter((each) => String(each.reason) !== "Error: cancelled")).toEqual([]);
      for (const lease of held) lease.release();
      const again = await Promise.all([1, 2, 3].map(() => pool.lease("train", never)));
      expect(again.map(({ device }) => device.index).toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    }),
  );
});
