import { join } from "node:path";
import { WorkflowFailedError } from "@temporalio/client";
import { execa } from "execa";
import { expect, test } from "vitest";
import type { RunSnapshot } from "../../src/report/snapshot.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { snowball } from "../harness/command.ts";
import { stageForFile } from "../harness/suite.ts";
import { PROJECT, simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();
const PYTHON = join(PROJECT, ".venv/bin/python");
const IN_TERMINAL = join(PROJECT, "test/fixtures/terminal/in_terminal.py");
const COLUMNS = 100;
/** What takes the cursor up a line and clears that. */
const REDRAWN = "\u001B[1A\u001B[2K";

/** Two chunks and a measurement, each step of which takes so many milliseconds. */
const lasting = (ms: number) => ({
  loop: { num_iterations: 1 },
  data: { max_samples: 8, held_out: { val: 0, test: 4 } },
  chunk: { questions: 4 },
  simulate: { latency_ms: { rollout: ms, imagine: ms, score: ms } },
});

/** `snowball ARGS` in a real terminal, with ^C when `text` has appeared. */
async function inTerminal(text: string, ...args: string[]) {
  const command = [IN_TERMINAL, String(COLUMNS), text, join(PROJECT, "bin/snowball"), ...args];
  const env = { SNOWBALL_ROOT: stage.root, TEMPORAL_ADDRESS: stage.server.address, TERM: "xterm" };
  const { stdout, exitCode } = await execa(PYTHON, command, { env, reject: false, stripFinalNewline: false });
  return { drawn: stdout, exitCode };
}

/** What a person sees: every block as it stood, and the lines that stayed. */
function blocks(drawn: string): string[][] {
  return drawn.split(REDRAWN).map((part) => part.split("\r\n").filter((line) => line !== ""));
}

test("the live view in a terminal: bars, speeds and devices, drawn over; ^C ends the watching and not the run", async () => {
  await startRun(stage.client, simulatedRecipe("watched", lasting(3_000)));
  const { drawn, exitCode } = await inTerminal("/s", "status", "watched", "--follow");
  expect(exitCode, drawn).toBe(130);
  const lines = blocks(drawn).flat();
  expect(lines.filter((line) => line.length > COLUMNS)).toEqual([]);
  expect(lines.join("\n")).toMatch(/(rollout|imagine|score) [█░]+ \d+\/\d+ [\d.]+\/s/);
  expect(lines.join("\n")).toMatch(/cpu:\d: (rollout|imagine|score|answer)Chunk/);
  expect(drawn).toContain(REDRAWN);
  expect(lines.at(-1)).toMatch(/^Stopped watching\. +Watch again: bin\/snowball status watched --follow$/);
  const handle = stage.client.workflow.getHandle("watched");
  expect((await handle.describe()).status.name).toBe("RUNNING");
  await handle.cancel();
  await expect(resultOf(stage.client, "watched")).rejects.toThrow(WorkflowFailedError);
});

test("--json gives a line whenever something has changed, the last of them of the run that is over", async () => {
  await startRun(stage.client, simulatedRecipe("told", lasting(400)));
  const { stdout, exitCode } = await snowball(stage.root, "status", "told", "--follow", "--json");
  expect(exitCode).toBe(0);
  const told = stdout.split("\n").map((line) => JSON.parse(line) as RunSnapshot);
  expect(new Set(told.map((each) => JSON.stringify(each))).size).toBe(told.length);
  expect(told.some(({ streams }) => streams.length > 0)).toBe(true);
  expect(told.at(-1)).toMatchObject({ name: "told", status: "COMPLETED" });
});
