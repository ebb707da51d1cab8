import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { killedOutcome } from "../harness/deaths.ts";
import { undisturbedOutcome } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const shipped = parse(readFileSync(join(PROJECT, "configs/harp.simulated.yaml"), "utf8")) as object;
const recipe = parseRecipeObject({ ...shipped, name: "killed", retries: { heartbeat_timeout_s: 2 } });

/** In the order of the run, so that every stage is hit: the data build, its split, SFT, negatives and GRPO. */
const DEATHS = [
  "files:scene-tasks",
  "manifest:scene-plans",
  "recorded:plan-rows",
  "files:train", // SFT
  "placed:merge",
  "manifest:negatives",
  "placed:train", // GRPO
  "recorded:measure",
];

test("kill -9 while plans are bought, divided, imitated, spoilt and reinforced changes nothing", async () => {
  const undisturbed = await undisturbedOutcome(recipe);
  expect(await killedOutcome(recipe, DEATHS)).toEqual(undisturbed);
});
