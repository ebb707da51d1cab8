import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isAlive } from "../../../src/temporal/embedded.ts";
import { type GuardedSpec, startGuarded } from "../../../src/temporal/guard.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "guard-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function shell(script: string, graceSeconds = 5): GuardedSpec {
  return { command: "/bin/sh", args: ["-c", script], cwd: folder, logFile: join(folder, "log"), graceSeconds };
}

test("tells the command's own process id and its exit status, and keeps its output in the log", async () => {
  const child = await startGuarded(shell("echo $$; echo trouble >&2; exit 7"));
  expect(await child.ended).toBe(7);
  expect(readFileSync(join(folder, "log"), "utf8")).toBe(`${child.pid}\ntrouble\n`);
});

test("a killed command ends with 128 + the signal", async () => {
  const child = await startGuarded(shell("exec sleep 60"));
  process.kill(child.pid, "SIGKILL");
  expect(await child.ended).toBe(137);
});

test("stop lets the command tidy up", async () => {
  const child = await startGuarded(shell("trap 'echo tidy; exit 3' TERM; echo ready; while :; do sleep 0.05; done"));
  await vi.waitUntil(() => readFileSync(join(folder, "log"), "utf8").includes("ready"));
  await child.stop();
  expect(await child.ended).toBe(3);
  expect(readFileSync(join(folder, "log"), "utf8")).toBe("ready\ntidy\n");
});

test("stop kills a command that ignores SIGTERM, after the grace time", async () => {
  const child = await startGuarded(shell("trap '' TERM; echo ready; while :; do sleep 0.05; done", 1));
  await vi.waitUntil(() => readFileSync(join(folder, "log"), "utf8").includes("ready"));
  await child.stop();
  expect(await child.ended).toBe(137);
  expect(isAlive(child.pid)).toBe(false);
});

test("the command dies when its parent is killed with SIGKILL", async () => {
  const module = fileURLToPath(new URL("../../../src/temporal/guard.ts", import.meta.url));
  const script = `
    const { startGuarded } = await import(${JSON.stringify(module)});
    const spec = { command: "sleep", args: ["60"], cwd: "/", logFile: ${JSON.stringify(join(folder, "log"))}, graceSeconds: 5 };
    console.log((await startGuarded(spec)).pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(parent.stdout, "data")) as [Buffer];
  const pid = Number(line.toString());
  expect(isAlive(pid)).toBe(true);

  parent.kill("SIGKILL");
  await once(parent, "exit");
  await vi.waitUntil(() => !isAlive(pid), { timeout: 5_000 });
});

test("the command lives as long as its parent, with nothing on its stdin", async () => {
  const child = await startGuarded(shell("cat; exec sleep 60"));
  await sleep(300);
  expect(isAlive(child.pid)).toBe(true);
  await child.stop();
  expect(isAlive(child.pid)).toBe(false);
});
