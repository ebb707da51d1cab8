import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { parseRecipeObject } from "../../src/pipeline/parse.ts";
import { killedOutcome } from "../harness/deaths.ts";
import { undisturbedOutcome } from "../harness/suite.ts";
import { PROJECT } from "../harness/world.ts";

const shipped = parse(readFileSync(join(PROJECT, "configs/unified-reward.simulated.yaml"), "utf8")) as object;
const recipe = parseRecipeObject({ ...shipped, name: "killed", retries: { heartbeat_timeout_s: 2 } });

/** In the order of the run, so that every stage is hit, in what it samples, chooses, pairs and trains. */
const DEATHS = [
  "files:train", // the cold start
  "manifest:judge-chains",
  "recorded:choose-chains",
  "manifest:train", // rejection sampling
  "manifest:pair-chains",
  "placed:train", // DPO
];

test("kill -9 while chains are sampled, chosen, paired and trained on changes nothing", async () => {
  const undisturbed = await undisturbedOutcome(recipe);
  expect(await killedOutcome(recipe, DEATHS)).toEqual(undisturbed);
});
