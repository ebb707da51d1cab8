import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { tryLock, waitFor } from "../../../src/process/file-lock.ts";
import { mountSmallDisk } from "../../support/full-disk.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const MODULE = fileURLToPath(new URL("../../../src/process/file-lock.ts", import.meta.url));

/** A process that takes the lock, says whether it got it, and keeps it until it is killed. */
async function holder(file: string): Promise<{ child: ChildProcess; got: boolean }> {
  const script = `
    const { tryLock } = await import(${JSON.stringify(MODULE)});
    console.log(tryLock(${JSON.stringify(file)}) !== null);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, got: said.toString().trim() === "true" };
}

test("one holder at a time, in this process and in others; letting go frees it", async () => {
  const file = join(temporaryFolder(), "lock");
  const lock = tryLock(file);
  expect(lock).not.toBeNull();
  expect(tryLock(file)).toBeNull();
  expect((await holder(file)).got).toBe(false);
  lock?.release();
  lock?.release();
  expect((await holder(file)).got).toBe(true);
  expect(tryLock(file)).toBeNull();
});

test("a holder that is killed leaves nothing behind", async () => {
  const file = join(temporaryFolder(), "lock");
  const { child, got } = await holder(file);
  expect(got).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(tryLock(file)).not.toBeNull();
});

test.each([
  ["empty", ""],
  ["a process id, as earlier versions wrote it", String(process.pid)],
  ["foreign bytes", "x".repeat(8192)],
])("what stands in the file does not matter: %s", (_, content) => {
  const file = join(temporaryFolder(), "lock");
  writeFileSync(file, content);
  expect(tryLock(file)).not.toBeNull();
  expect(tryLock(file)).toBeNull();
});

test("a full disk does not matter", ({ skip }) => {
  const disk = mountSmallDisk();
  if (!disk) return skip("this user may not mount a small file system");
  disk.fill();
  const file = join(disk.root, "lock");
  const lock = tryLock(file);
  expect(lock).not.toBeNull();
  expect(tryLock(file)).toBeNull();
  lock?.release();
});

test("a wait says once that it is long, and obeys the signal with its reason", async () => {
  const told: string[] = [];
  const leaving = new AbortController();
  const reason = new Error("told to stop");
  const waiting = waitFor(() => null, {
    signal: leaving.signal,
    patienceMs: 50,
    onLong: () => {
      told.push("long");
      setTimeout(() => leaving.abort(reason), 250);
    },
  });
  await expect(waiting).rejects.toBe(reason);
  expect(told).toEqual(["long"]);
});
