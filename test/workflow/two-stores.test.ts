import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exitCodeOf, sentenceOf } from "../../src/cli/exit.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { printed, snowballWith } from "../harness/command.ts";
import { newRoot, simulatedRecipe, startServer } from "../harness/world.ts";

/** A real worker on a root of its own, as on a host that does not see the others' file system. */
async function workerOn(root: string, address: string, ...args: string[]) {
  const worker = snowballWith({ TEMPORAL_ADDRESS: address }, root, "worker", "--devices", "cpu:1", ...args);
  onTestFinished(async () => {
    worker.kill("SIGTERM");
    await worker;
  });
  await printed(worker, '"msg":"working"');
}

test("workers without a shared root: the run stops at once and says whose store is meant", async () => {
  const [here, there] = [newRoot(), newRoot()];
  const { server, client, close } = await startServer(here);
  onTestFinished(async () => {
    await close();
    rmSync(there, { recursive: true });
  });
  await Promise.all([
    workerOn(here, server.address, "--roles", "rollout,imagine,train"),
    workerOn(there, server.address, "--roles", "score", "--no-control"),
  ]);
  const started = await startRun(client, simulatedRecipe("apart", { loop: { num_iterations: 1 } }));
  const failure: unknown = await resultOf(client, "apart").catch((error: unknown) => error);
  expect(sentenceOf(failure)).toMatch(
    new RegExp(
      `^The run apart keeps its artifacts in ${join(here, ".snowball/store")} of \\S+, and a step of it came to a worker on \\S+ ` +
        `that has another store, ${join(there, ".snowball/store")}\\. Start that worker with the same --root, .*bin/snowball resume apart$`,
    ),
  );
  expect(exitCodeOf(failure)).toBe(1);
  // It was not started over in the hope that the store comes back.
  expect((await client.workflow.getHandle("apart").describe()).runId).toBe(started.runId);
});
