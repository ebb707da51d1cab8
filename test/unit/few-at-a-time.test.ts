import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { fewAtATime } from "../../src/few-at-a-time.ts";

function* broken(): Iterable<number> {
  yield 0;
  throw new Error("no more");
}

test("results come in the order of the items, and no more are under way than asked for", async () => {
  let underWay = 0;
  let most = 0;
  const results = await fewAtATime([5, 1, 3, 0, 2], 2, async (ms, place) => {
    most = Math.max(most, ++underWay);
    await sleep(ms);
    underWay--;
    return `${place}: ${ms}`;
  });
  expect(results).toEqual(["0: 5", "1: 1", "2: 3", "3: 0", "4: 2"]);
  expect(most).toBe(2);
  expect(await fewAtATime([], 3, () => Promise.reject(new Error("asked of nobody")))).toEqual([]);
});

test("after a failure nothing new is started, what is under way is awaited, and the first failure is thrown", async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const working = fewAtATime([0, 1, 2, 3, 4, 5], 3, async (item) => {
    begun.push(item);
    await sleep(item === 1 ? 1 : 15);
    ended.push(item);
    if (item > 0) throw new Error(`item ${item}`);
  });
  await expect(working).rejects.toThrow("item 1");
  expect(begun).toEqual([0, 1, 2]);
  expect(ended.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
});

test("items are taken as they are needed: a generator ends them early, and one that fails is awaited too", async () => {
  let on = true;
  function* whileOn(): Iterable<number> {
    for (const item of Array.from({ length: 100 }).keys()) {
      if (!on) return;
      yield item;
    }
  }
  const seen = await fewAtATime(whileOn(), 2, async (item) => {
    await sleep(1);
    if (item === 4) on = false;
    return item;
  });
  expect(seen.length).toBeLessThan(8);

  let atWork = 0;
  const working = fewAtATime(broken(), 2, async () => {
    atWork++;
    await sleep(5);
    atWork--;
  });
  await expect(working).rejects.toThrow("no more");
  expect(atWork).toBe(0);
});
