import { Worker } from "@temporalio/worker";
import { expect, test } from "vitest";
import { workflowBundle } from "../../src/temporal/bundle.ts";
import { FRESH, KEPT, readHistories } from "../harness/histories.ts";

/** Replays a history on today's workflow code; a command that differs from the history is nondeterminism. */
async function replayAll(folder: string): Promise<{ name: string; error: Error | undefined }[]> {
  const histories = readHistories(folder);
  const results = [];
  const replays = Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, histories);
  let place = 0;
  for await (const { error } of replays) results.push({ name: histories[place++]!.name, error });
  return results;
}

test("every history that this test run produced replays", async () => {
  const results = await replayAll(FRESH);
  expect(results.length).toBeGreaterThan(10);
  expect(results.filter((each) => each.error !== undefined)).toEqual([]);
});

test("every kept history of an earlier version replays", async () => {
  const results = await replayAll(KEPT);
  expect(results.length).toBeGreaterThan(0);
  expect(results.filter((each) => each.error !== undefined)).toEqual([]);
});
