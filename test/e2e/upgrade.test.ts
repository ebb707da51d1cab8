import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { startDevServer } from "../../src/temporal/dev-server.ts";
import { stateFolderOf } from "../../src/temporal/embedded.ts";
import { readSnapshot } from "../../src/temporal/snapshot.ts";
import { connect } from "../../src/temporal/connection.ts";
import { startRun } from "../../src/temporal/start.ts";
import { printed, snowball, writeRecipe } from "../harness/command.ts";
import { editedWorkflows } from "../harness/workflows.ts";
import { newRoot, simulatedRecipe, startWorker } from "../harness/world.ts";

/** Stands at its gate, with no step under way, until a person says how to go on. */
const ASKING = {
  loop: { num_iterations: 1, gate: "ask" },
  data: { max_samples: 6, held_out: { val: 2, test: 2 } },
} as const;

test("run after an upgrade: what an earlier version left open is started over, in a sentence; cancel closes it", async () => {
  const root = newRoot();
  const server = await startDevServer({ stateFolder: stateFolderOf(root) });
  const before = await startWorker(root, server.address, { workflows: await editedWorkflows(root) });
  const connected = await connect(root);
  for (const name of ["kept", "dropped"]) await startRun(connected.client, simulatedRecipe(name, ASKING));
  for (const name of ["kept", "dropped"]) {
    await expect
      .poll(async () => Boolean((await readSnapshot(connected, name)).progress?.asking), { timeout: 30_000 })
      .toBe(true);
  }
  await before.stop();
  await connected.connection.close();
  await server.stop();

  const after = snowball(root, "run", writeRecipe(root, "kept", ASKING));
  await printed(after, "Going on with kept: iteration 1 of 1 (iter_0).");
  await printed(
    after,
    "kept belongs to version edited of the workflows, of which no worker is left. It was ended and started over: nothing that was committed is done again.",
  );
  const asked = await printed(after, "the gate asks about iter_0");
  expect(asked).not.toContain("Nondeterminism");

  const status = await snowball(root, "status", "dropped");
  expect(status.stdout).toContain("dropped belongs to version edited of the workflows, of which no worker is left.");
  expect(status.stdout).toContain("Move it on: bin/snowball resume dropped (");
  const cancelled = await snowball(root, "cancel", "dropped");
  expect(cancelled.stdout).toBe(
    "Cancelled dropped. dropped belongs to version edited of the workflows, of which no worker is left. What it committed stays: running it again goes on from there.",
  );
  after.kill("SIGINT");
  expect(await after).toMatchObject({ exitCode: 130 });
  rmSync(root, { recursive: true });
});
