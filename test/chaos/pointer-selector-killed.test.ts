import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { killedOutcome } from "../harness/deaths.ts";
import { undisturbedOutcome } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const shipped = parse(readFileSync(join(PROJECT, "configs/pointer-selector.simulated.yaml"), "utf8")) as object;
const recipe = parseRecipeObject({ ...shipped, name: "killed", shots: [1], retries: { heartbeat_timeout_s: 2 } });

/** In the order of the run: beams, answers, and a training. */
const DEATHS = ["manifest:beams", "recorded:shown-answers", "manifest:selector"];

test("kill -9 while it searches, answers and trains changes nothing", async () => {
  const undisturbed = await undisturbedOutcome(recipe);
  expect(await killedOutcome(recipe, DEATHS)).toEqual(undisturbed);
});
