import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { exclusively } from "../../../src/temporal/start-lock.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("two holders never overlap", async () => {
  let inside = 0;
  let most = 0;
  const work = async (result: string) => {
    most = Math.max(most, (inside += 1));
    await sleep(50);
    inside -= 1;
    return result;
  };
  const lock = join(folder, "deep", "lock");
  const results = await Promise.all(["a", "b", "c"].map((name) => exclusively(lock, () => work(name))));
  expect(results).toEqual(["a", "b", "c"]);
  expect(most).toBe(1);
});

test("a failure lets the lock go and comes through", async () => {
  const lock = join(folder, "lock");
  await expect(exclusively(lock, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await exclusively(lock, async () => "yes")).toBe("yes");
});

test("the lock of a dead process is void", async () => {
  const dead = spawnSync(process.execPath, ["-e", ""]).pid;
  writeFileSync(join(folder, "lock"), String(dead));
  expect(await exclusively(join(folder, "lock"), async () => "mine")).toBe("mine");
});
