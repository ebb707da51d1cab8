import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { WorkflowFailedError } from "@temporalio/client";
import { expect, test } from "vitest";
import type { RunProgress } from "../../src/contract/progress.ts";
import { temporalProgram } from "../../src/temporal/server-command.ts";
import { resultOf, startRun, statusOf } from "../../src/temporal/start.ts";
import { accountOf, rowsOf } from "../harness/result.ts";
import { stageForFile } from "../harness/suite.ts";
import { simulatedRecipe } from "../harness/world.ts";

const stage = stageForFile();

const SMALL = { data: { max_samples: 4, held_out: { val: 0, test: 0 } }, loop: { num_iterations: 1 } } as const;

test("the temporal command starts a run, with the recipe as it is written and nothing of ours but a worker", async () => {
  const file = join(stage.root, "recipe.json");
  writeFileSync(file, JSON.stringify(simulatedRecipe("by-hand", SMALL)));
  const start = ["workflow", "start", "--type", "snowball", "--task-queue", "snowball", "--workflow-id", "by-hand"];
  execFileSync(temporalProgram(), [...start, "--input-file", file, "--address", stage.server.address]);
  expect(accountOf(await resultOf(stage.client, "by-hand"), "question").total).toBe(4);
});

test("a run started twice at the same moment is one run", async () => {
  const recipe = simulatedRecipe("twice", { ...SMALL, simulate: { latency_ms: { train: 500 } } });
  const both = await Promise.all([startRun(stage.client, recipe), startRun(stage.client, recipe)]);
  expect(both.map((each) => each.how).toSorted()).toEqual(["attached", "started"]);
  expect(both[0].runId).toBe(both[1].runId);
  await resultOf(stage.client, "twice");
});

test("cancel during training frees the device at once, and starting again goes on from the pairs", async () => {
  // A seed of its own: other tests' trainings would be found in the store.
  const own = { ...SMALL, seed: 7 };
  const slow = simulatedRecipe("cancelled", { ...own, simulate: { latency_ms: { train: 60_000 } } });
  await startRun(stage.client, slow);
  const handle = stage.client.workflow.getHandle("cancelled");
  for (let stage = ""; stage !== "train"; await sleep(100)) {
    stage = (await handle.query<RunProgress>("progress")).stage.name;
  }
  const asked = Date.now();
  await handle.cancel();
  await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
  expect(Date.now() - asked).toBeLessThan(10_000);
  expect((await statusOf(stage.client, "cancelled"))!.status).toBe("CANCELLED");

  // The latency is no part of any key: what was labelled is found, and the freed device trains.
  expect((await startRun(stage.client, simulatedRecipe("cancelled", own))).how).toBe("started");
  expect(rowsOf(await resultOf(stage.client, "cancelled"))).toHaveLength(2);
});

test("a changed learning rate trains again and rolls out nothing again; a changed save interval does nothing again", async () => {
  const first = await madeSoFar({});
  expect(await madeSoFar({ training: { learning_rate: 3e-5 } })).toEqual({ ...first, trained: first.trained + 1 });
  expect(await madeSoFar({ training: { learning_rate: 3e-5, save_steps: 7 } })).toEqual({
    ...first,
    trained: first.trained + 1,
  });
});

/** Runs the recipe with a change, and counts what the store has of each step afterwards. */
async function madeSoFar(change: object): Promise<{ labelled: number; trained: number }> {
  await startRun(stage.client, simulatedRecipe("changed", { ...SMALL, ...change }), { anew: true });
  await resultOf(stage.client, "changed");
  return { labelled: count("rollout"), trained: count("train") };
}

function count(step: string): number {
  return readdirSync(join(stage.root, ".snowball/store/artifacts", step)).length;
}
