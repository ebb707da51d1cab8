import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import type { RunResult } from "../../src/contract/progress.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();
const store = (...path: string[]): string => join(stage.root, ".snowball/store", ...path);

beforeEach(() => rmSync(store(), { recursive: true, force: true }));

/** Chunks of one question each, one at a time, nothing held out. */
async function complete(name: string, chunks: number): Promise<RunResult> {
  const recipe = simulatedRecipe(name, {
    data: { max_samples: chunks, held_out: { val: 0, test: 0 } },
    loop: { num_iterations: 1 },
    planner: { num_rollouts: 2 },
    chunk: { questions: 1, window: 1 },
  });
  await startRun(stage.client, recipe, { anew: true });
  return resultOf(stage.client, name);
}

/** What a disk does to a file that was read before: a part of it is zeros, its size and its time are as they were. */
function zero(file: string): void {
  const time = join(stage.root, "time");
  execFileSync("touch", ["-r", file, time]);
  const bytes = readFileSync(file);
  bytes.fill(0, bytes.length >> 2, bytes.length >> 1);
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
  execFileSync("touch", ["-r", time, file]);
}

/** Zeros a file of every artifact of a step. Returns how many there are. */
function zeroAll(step: string, name: string): number {
  const keys = readdirSync(store("artifacts", step));
  for (const key of keys) zero(store("artifacts", step, key, name));
  return keys.length;
}

async function continued(name: string): Promise<number> {
  let count = 0;
  for await (const { status } of stage.client.workflow.list({ query: `WorkflowId = "${name}"` })) {
    if (status.name === "CONTINUED_AS_NEW") count += 1;
  }
  return count;
}

test("lines that became zeros after they were read are made again, however many artifacts have them", async () => {
  const before = await complete("zeroed", 6);
  for (const step of ["imagine", "score", "gather"]) rmSync(store("artifacts", step), { recursive: true });
  expect(zeroAll("rollout", "rollouts.jsonl")).toBe(6);
  expect(await complete("zeroed", 6)).toEqual(before);
  // One chunk at a time finds one after the other: more of them than a run may make again in vain.
  expect(await continued("zeroed")).toBe(6);
  expect(readdirSync(store("corrupt"))).toHaveLength(6);
});

test("all broken inputs of a step are made again in one pass", async () => {
  const before = await complete("both", 1);
  for (const step of ["score", "gather"]) rmSync(store("artifacts", step), { recursive: true });
  zeroAll("rollout", "rollouts.jsonl");
  zeroAll("imagine", "views.jsonl");
  expect(await complete("both", 1)).toEqual(before);
  expect(await continued("both")).toBe(1);
  expect(readdirSync(store("corrupt"))).toHaveLength(2);
});
