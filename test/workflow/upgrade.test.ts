import { rmSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import type { Stalled } from "../../src/report/snapshot.ts";
import { type Connected, connectTo } from "../../src/temporal/connection.ts";
import { type DevServer, startDevServer } from "../../src/temporal/dev-server.ts";
import { answerGate } from "../../src/temporal/decide.ts";
import { moveOn } from "../../src/temporal/move-on.ts";
import { readSnapshot } from "../../src/temporal/snapshot.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import type { Workflows } from "../../src/temporal/bundle.ts";
import type { Host } from "../../src/temporal/worker.ts";
import { editedWorkflows } from "../harness/workflows.ts";
import { rowsOf } from "../harness/result.ts";
import { type Change, newRoot, simulatedRecipe, startWorker } from "../harness/world.ts";

/** Stands at its gate, with no step under way, until a person says how to go on. */
const ASKING: Change<Recipe> = {
  loop: { num_iterations: 1, gate: "ask" },
  data: { max_samples: 6, held_out: { val: 2, test: 2 } },
};

let root: string;
let server: DevServer;
let connected: Connected;
let edited: Workflows;
const hosts: Host[] = [];

beforeAll(async () => {
  root = newRoot();
  [server, edited] = await Promise.all([startDevServer({ stateFolder: `${root}/.snowball` }), editedWorkflows(root)]);
  const { address, ui } = server;
  connected = await connectTo({ address, namespace: "default", options: { address }, ui });
});
afterAll(async () => {
  for (const host of hosts) await host.stop();
  await connected.connection.close();
  await server.stop();
  rmSync(root, { recursive: true });
});

async function worker(change: Parameters<typeof startWorker>[2]): Promise<Host> {
  const host = await startWorker(root, server.address, change);
  hosts.push(host);
  return host;
}

/** Starts a run anew and says which version it began under. */
async function began(name: string): Promise<string | null | undefined> {
  await connected.client.workflow
    .getHandle(name)
    .terminate()
    .catch(() => {});
  await startRun(connected.client, simulatedRecipe(name, ASKING));
  await expect.poll(() => versionOf(name)).toBeTruthy();
  return versionOf(name);
}

async function versionOf(workflowId: string): Promise<string | null | undefined> {
  const { raw } = await connected.client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
}

/** Starts a run and waits until its gate asks. */
async function asking(name: string): Promise<Recipe> {
  const recipe = simulatedRecipe(name, ASKING);
  await startRun(connected.client, recipe);
  await expect.poll(() => asks(name), { timeout: 30_000, interval: 100 }).toBe(true);
  return recipe;
}

async function asks(name: string): Promise<boolean> {
  return Boolean((await readSnapshot(connected, name)).progress?.asking);
}

async function stalledOf(name: string): Promise<Stalled> {
  await expect
    .poll(async () => (await readSnapshot(connected, name)).stalled ?? null, { timeout: 30_000 })
    .toBeTruthy();
  return (await readSnapshot(connected, name)).stalled!;
}

/** The run starts over the store, asks again, and comes to the end that the answer leads to. */
async function carriesOn(recipe: Recipe, stalled: Stalled): Promise<void> {
  expect(stalled.movable).toBe(true);
  await moveOn(connected, recipe, stalled);
  // Somebody else who saw the same does no harm to the execution that is open now.
  await moveOn(connected, recipe, stalled);
  await expect.poll(() => asks(recipe.name), { timeout: 30_000, interval: 100 }).toBe(true);
  await answerGate(connected, recipe.name, "roll_back");
  expect(rowsOf(await resultOf(connected.client, recipe.name)).at(-1)?.["gate"]).toBe("rolled back");
}

test("beside a newer worker a run stays with its version, and so does its child; new ones begin under the new", async () => {
  const old = await worker({ workflows: edited });
  await asking("stays");
  expect(await versionOf("stays/iter-0")).toBe("edited");
  await worker({});
  await expect.poll(() => began("new"), { timeout: 30_000, interval: 500 }).not.toBe("edited");
  // Answered by the old worker's workflow; the newer one cannot know it.
  expect(await answerGate(connected, "stays", "roll_back")).toContain("the policy before it stays");
  expect(rowsOf(await resultOf(connected.client, "stays")).at(-1)?.["gate"]).toBe("rolled back");
  expect(await versionOf("stays")).toBe("edited");
  await old.stop();
});

test("where workers have no versions, a history that the workflows do not agree with is found out, and moved on", async () => {
  await Promise.all(hosts.splice(0).map((host) => host.stop()));
  const old = await worker({ workflows: edited, versioning: "off" });
  const moves = await asking("unversioned");
  await old.stop();
  await worker({ versioning: "off" });
  const stalled = await stalledOf("unversioned");
  expect(stalled.why).toMatch(
    /^unversioned was begun by another version of the workflows than its worker has, and they/,
  );
  await expect(answerGate(connected, "unversioned", "promote")).rejects.toThrow(stalled.why);
  await carriesOn(moves, stalled);
});
