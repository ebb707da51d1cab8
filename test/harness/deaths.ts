import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Recipe } from "../../src/pipeline/index.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { startWorkerProcess } from "./processes.ts";
import { newRoot, startServer } from "./world.ts";

/**
 * What a recipe comes to when its worker is killed at each of these points, one after the other, and a last worker ends
 * the run. A death that never came about fails the test.
 * @param deaths points of test/harness/worker-main.ts, in the order of the run: "manifest:train"
 */
export async function killedOutcome(recipe: Recipe, deaths: readonly string[]): Promise<Outcome> {
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  try {
    await startRun(client, recipe);
    for (const death of deaths) {
      const worker = await startWorkerProcess(root, server.address, death);
      await worker.ended;
      expect(existsSync(join(root, `fired-${death.replace(":", "-")}`)), `${death} fired`).toBe(true);
    }
    const last = await startWorkerProcess(root, server.address);
    const outcome = outcomeOf(root, await resultOf(client, recipe.name));
    await last.kill("SIGTERM");
    return outcome;
  } finally {
    await close();
  }
}
