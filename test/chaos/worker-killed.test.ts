import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { type Outcome, outcomeOf } from "../harness/outcome.ts";
import { startWorkerProcess } from "../harness/processes.ts";
import { undisturbedOutcome } from "../harness/suite.ts";
import { newRoot, simulatedRecipe, startServer } from "../harness/world.ts";

/** Two iterations of two chunks: every step runs, and a killed worker is noticed after the heartbeat limit of 2 s. */
const recipe = simulatedRecipe("killed", {
  data: { max_samples: 8, held_out: { val: 2, test: 2 } },
  loop: { num_iterations: 2 },
});

let undisturbed: Outcome;

beforeAll(async () => {
  undisturbed = await undisturbedOutcome(recipe);
});

/** Before the files are whole, after them, after the manifest, after the rename: and, last, before Temporal hears of it. */
const POINTS = ["files", "manifest", "placed", "recorded"];
const STEPS = ["dataset", "rollout", "imagine", "score", "gather", "pairs", "train", "merge", "answer", "evaluate"];

/** Every point of every step once. Side by side, for a killed worker is mostly waited for: 2 s until it is missed. */
test.concurrent.each(POINTS)("kill -9 at the point '%s' of every step changes nothing", async (point) => {
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  try {
    await startRun(client, recipe);
    for (const step of STEPS) {
      const worker = await startWorkerProcess(root, server.address, `${point}:${step}`);
      await worker.ended;
      expect(existsSync(join(root, `fired-${point}-${step}`)), `${point}:${step} fired`).toBe(true);
    }
    const last = await startWorkerProcess(root, server.address);
    const outcome = outcomeOf(root, await resultOf(client, recipe.name));
    await last.kill("SIGTERM");
    expect(outcome).toEqual(undisturbed);
  } finally {
    await close();
  }
});
