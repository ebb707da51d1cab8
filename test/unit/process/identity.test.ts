import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { fateOf, identityOf, isRunning, knownProcess, startedByPs } from "../../../src/process/identity.ts";

test("a process that has the id of another is not that one", () => {
  const own = identityOf(process.pid);
  expect(isRunning(own)).toBe(true);
  expect(isRunning({ ...own, started: String(Number(own.started) - 1) })).toBe(false);
  expect(fateOf({ ...knownProcess(process.pid), started: "1" })).toBe("gone");
});

test("a zombie, which its parent has not asked for, does not run", async () => {
  const script = "sleep 0.1 & echo $!; exec sleep 60";
  const parent = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void parent.kill("SIGKILL"));
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const known = knownProcess(Number(said.toString()));
  expect(fateOf(known)).toBe("running");
  await expect.poll(() => fateOf(known)).toBe("gone");
  expect(process.kill(known.pid, 0)).toBe(true); // it is still in the system's table
  expect(startedByPs(known.pid)).toBeUndefined();
});

test("a process of another container or host cannot be asked; another boot of this host ended all of its own", () => {
  const own = knownProcess(process.pid);
  expect(fateOf(own)).toBe("running");
  expect(fateOf({ ...own, space: "another" })).toBe("elsewhere");
  expect(fateOf({ ...own, space: "another", boot: "earlier" })).toBe("gone");
  expect(fateOf({ ...own, space: "another", boot: "earlier", host: "another" })).toBe("elsewhere");
});

test("where there is no /proc, `ps` knows when a process started", async () => {
  const child = spawn("sleep", ["60"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child, "spawn");
  const started = Number(startedByPs(child.pid!));
  expect(Math.abs(started - Date.now() / 1000)).toBeLessThan(5);
  expect(startedByPs(2 ** 22 + 1)).toBeUndefined();
});
