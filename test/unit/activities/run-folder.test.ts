import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { ActivityDeps } from "../../../activities/deps.ts";
import { openRunFolder } from "../../../activities/run-folder.ts";
import { shipped } from "../../support/recipe.ts";
import { scratchFolder } from "../../support/scratch.ts";

test.each([
  ["data/mine/questions.jsonl", /^mine_\d{8}_\d{6}$/],
  [`data/${"空".repeat(83)}.json`, /^空{66}_\d{8}_\d{6}$/],
  [`data/${"x".repeat(250)}.json`, /^x{200}_\d{8}_\d{6}$/],
])("a run folder is called after the data set, as far as a file system takes it: %s", async (path, name) => {
  const root = scratchFolder();
  const deps = { root, results: "results", state: join(root, ".snowball") } as ActivityDeps;
  const recipe = shipped("snowball.simulated.yaml", { data: { path } });
  const shards = { shards: [], held_out: { val: [], test: [] } };
  const folder = await openRunFolder(deps, "my-run", { recipe, shards, digest: "d" });
  expect(basename(folder)).toMatch(name);
  expect(existsSync(join(root, folder, "config.json"))).toBe(true);
});
