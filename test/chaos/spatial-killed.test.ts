import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { killedOutcome } from "../harness/deaths.ts";
import { undisturbedOutcome } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const shipped = parse(readFileSync(join(PROJECT, "configs/spatial.simulated.yaml"), "utf8")) as object;
const recipe = parseRecipeObject({ ...shipped, name: "killed", retries: { heartbeat_timeout_s: 2 } });

/** In the order of the run, so that every training, every merge and every measurement is hit by one of them. */
const DEATHS = [
  "manifest:training-rows", // the data of SFT is made
  "files:train", // SFT
  "manifest:merge",
  "manifest:train", // DPO
  "recorded:measure",
  "placed:train", // GRPO
];

test("kill -9 in every stage of a chain changes nothing", async () => {
  const undisturbed = await undisturbedOutcome(recipe);
  expect(await killedOutcome(recipe, DEATHS)).toEqual(undisturbed);
});
