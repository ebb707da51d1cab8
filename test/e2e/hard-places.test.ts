import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stateFolderOf } from "../../src/temporal/embedded.ts";
import { trySeat } from "../../src/temporal/seat.ts";
import { mountSmallDisk } from "../support/full-disk.ts";
import { printed, snowball, snowballWith, writeRecipe } from "../harness/command.ts";
import { newRoot, PROJECT } from "../harness/world.ts";

function rootOfTest(): string {
  const root = newRoot();
  onTestFinished(() => rmSync(root, { recursive: true }));
  return root;
}

test.concurrent("a command that waits for another says for whom, and ^C ends it", async () => {
  const root = rootOfTest();
  const seat = await trySeat({
    stateFolder: stateFolderOf(root),
    holder: { command: "snowball run other.yaml", lasting: false },
  });
  onTestFinished(() => seat?.release());
  const waiting = snowball(root, "run", writeRecipe(root, "waits"));
  await printed(
    waiting,
    `Waiting for process ${process.pid} (snowball run other.yaml), which starts or stops the server of`,
  );
  waiting.kill("SIGINT");
  expect(await waiting).toMatchObject({ exitCode: 130 });
});

test.concurrent("a worker without a server says so in one sentence", async () => {
  const { exitCode, stderr } = await snowballWith({ TEMPORAL_ADDRESS: "127.0.0.1:1" }, rootOfTest(), "worker");
  expect(stderr).toMatch(/^The Temporal server at 127\.0\.0\.1:1 does not answer; look at TEMPORAL_ADDRESS.*\.$/);
  expect(exitCode).toBe(2);
});

test("a disk that is full, and one that is read-only, are one sentence each", async ({ skip }) => {
  const disk = mountSmallDisk();
  if (!disk) return skip("this user may not mount a small file system");
  cpSync(join(PROJECT, "configs"), join(disk.root, "configs"), { recursive: true });
  const recipe = writeRecipe(disk.root, "cramped");
  const giveBack = disk.fill();
  const full = await snowball(disk.root, "run", recipe, "--ignore-disk");
  expect(full.all).toMatch(
    /^(No space was left for|The embedded Temporal server did not start: no space is left for) .*$/,
  );
  expect(full.exitCode).toBe(1);
  giveBack();
  execFileSync("mount", ["-o", "remount,ro", disk.root]);
  const readOnly = await snowball(disk.root, "run", recipe, "--ignore-disk");
  expect(readOnly.all).toMatch(/^.*\.snowball.* cannot be written: its file system is read-only \(EROFS\)\.$/);
  expect(readOnly.exitCode).toBe(1);
});
