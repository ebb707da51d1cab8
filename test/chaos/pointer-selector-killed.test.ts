import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { resultOf, startRun } from "../../src/temporal/start.ts";
import { outcomeOf } from "../harness/outcome.ts";
import { startWorkerProcess } from "../harness/processes.ts";
import { undisturbedOutcome } from "../harness/suite.ts";
import { newRoot, PROJECT, startServer } from "../harness/world.ts";

const shipped = parse(readFileSync(join(PROJECT, "configs/pointer-selector.simulated.yaml"), "utf8")) as object;
const recipe = parseRecipeObject({ ...shipped, name: "killed", shots: [1], retries: { heartbeat_timeout_s: 2 } });

/** In the order of the run: beams, answers, and a training. */
const DEATHS = ["manifest:beams", "recorded:shown-answers", "manifest:selector"];

test("kill -9 while it searches, answers and trains changes nothing", async () => {
  const undisturbed = await undisturbedOutcome(recipe);
  const root = newRoot();
  const { server, client, close } = await startServer(root);
  try {
    await startRun(client, recipe);
    for (const death of DEATHS) {
      const worker = await startWorkerProcess(root, server.address, death);
      await worker.ended;
      expect(existsSync(join(root, `fired-${death.replace(":", "-")}`)), `${death} fired`).toBe(true);
    }
    const last = await startWorkerProcess(root, server.address);
    const outcome = outcomeOf(root, await resultOf(client, recipe.name));
    await last.kill("SIGTERM");
    expect(outcome).toEqual(undisturbed);
  } finally {
    await close();
  }
});
