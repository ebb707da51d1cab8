import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ActivityDeps } from "../../../activities/deps.ts";
import { openRunFolder } from "../../../activities/run-folder.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const config = {
  kind: "iterative_dpo",
  data: "samples",
  digest: "d".repeat(64),
  files: { "config.json": { name: "simulated" } },
};

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-26T02:15:07.123Z") }));
afterEach(() => vi.useRealTimers());

function world(): ActivityDeps {
  const root = temporaryFolder();
  return { root, results: "results", state: join(root, ".snowball") } as ActivityDeps;
}

test("runs on one data set that begin in the same second have folders of their own", async () => {
  const deps = world();
  const names = Array.from({ length: 8 }, (_, number) => `run-${number}`);
  const folders = await Promise.all(names.map((name) => openRunFolder(deps, name, config)));
  expect(new Set(folders).size).toBe(8);
  expect(folders.toSorted()).toEqual(
    ["", "_2", "_3", "_4", "_5", "_6", "_7", "_8"].map(
      (more) => `results/iterative_dpo/samples_20261126_021507${more}`,
    ),
  );
  expect(readdirSync(join(deps.root, "results/iterative_dpo"))).toHaveLength(8);
});

test("a folder that somebody else has made is nobody's run folder", async () => {
  const deps = world();
  mkdirSync(join(deps.root, "results/iterative_dpo/samples_20261126_021507"), { recursive: true });
  expect(await openRunFolder(deps, "mine", config)).toBe("results/iterative_dpo/samples_20261126_021507_2");
});

test("a run goes on in its folder, and with another recipe gets a new one", async () => {
  const deps = world();
  const first = await openRunFolder(deps, "mine", config);
  expect(await openRunFolder(deps, "mine", config)).toBe(first);
  const other = await openRunFolder(deps, "mine", { ...config, digest: "e".repeat(64) });
  expect(other).not.toBe(first);
  expect(await openRunFolder(deps, "mine", { ...config, digest: "e".repeat(64) })).toBe(other);
  expect(JSON.parse(readFileSync(join(deps.root, other, "config.json"), "utf8"))).toMatchObject({ name: "simulated" });
});

test.each([
  ["mine", /^mine_\d{8}_\d{6}$/],
  ["空".repeat(83), /^空{66}_\d{8}_\d{6}$/],
  ["x".repeat(250), /^x{200}_\d{8}_\d{6}$/],
])("a run folder is called after the data set, as far as a file system takes it: %s", async (data, name) => {
  const deps = world();
  const folder = await openRunFolder(deps, "my-run", { ...config, data });
  expect(basename(folder)).toMatch(name);
  expect(existsSync(join(deps.root, folder, "config.json"))).toBe(true);
});
