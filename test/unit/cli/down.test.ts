import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { downCommand } from "../../../src/cli/down.ts";
import { rememberUp, upFile, upProcess } from "../../../src/cli/up-state.ts";
import { knownProcess } from "../../../src/process/identity.ts";
import { runs } from "../../support/processes.ts";
import { temporaryFolder } from "../../support/temporary.ts";

test("a process that has the supervisor's old id is neither up nor killed", async () => {
  const root = temporaryFolder();
  const stranger = spawn("sleep", ["60"]);
  onTestFinished(() => void stranger.kill("SIGKILL"));
  await once(stranger, "spawn");
  await rememberUp(root);
  expect(upProcess(root)).toMatchObject({ pid: process.pid });
  writeFileSync(upFile(root), JSON.stringify({ ...knownProcess(stranger.pid!), started: "1" }));
  expect(upProcess(root)).toBeNull();

  const said = vi.spyOn(console, "log").mockImplementation(() => {});
  onTestFinished(() => said.mockRestore());
  await downCommand().parseAsync(["node", "down", "--root", root]);
  expect(said.mock.calls).toEqual([["Nothing is up."]]);
  expect(runs(stranger.pid!)).toBe(true);
});

test("a supervisor in another container is not killed by its number here", async () => {
  const root = temporaryFolder();
  await rememberUp(root);
  writeFileSync(upFile(root), JSON.stringify({ ...knownProcess(process.pid), space: "another" }));
  await expect(downCommand().parseAsync(["node", "down", "--root", root])).rejects.toThrow(
    /^`snowball up` runs on .* type `snowball down` there\./,
  );
});
