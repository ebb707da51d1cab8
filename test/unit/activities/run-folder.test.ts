import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import type { ActivityDeps } from "../../../activities/deps.ts";
import { openRunFolder } from "../../../activities/run-folder.ts";
import { scratchFolder } from "../../support/scratch.ts";

test.each([
  ["mine", /^mine_\d{8}_\d{6}$/],
  ["空".repeat(83), /^空{66}_\d{8}_\d{6}$/],
  ["x".repeat(250), /^x{200}_\d{8}_\d{6}$/],
])("a run folder is called after the data set, as far as a file system takes it: %s", async (data, name) => {
  const root = scratchFolder();
  const deps = { root, results: "results", state: join(root, ".snowball") } as ActivityDeps;
  const wanted = { kind: "loops", data, digest: "d", files: { "config.json": {} } };
  const folder = await openRunFolder(deps, "my-run", wanted);
  expect(basename(folder)).toMatch(name);
  expect(existsSync(join(root, folder, "config.json"))).toBe(true);
});
