import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { expect, test } from "vitest";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import type { CommitPoint } from "../../../src/artifact/store.ts";
import { folderOf, made, names, recipeOf } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const recipe = recipeOf("train");
const files = { "adapter.bin": "weights", "config.json": "{}" };
const committer = (...args: string[]) =>
  execa({ reject: false })(process.execPath, [
    join(import.meta.dirname, "../../fixtures/children/committer.ts"),
    ...args,
  ]);

test.each<[CommitPoint, "scratch only" | "whole"]>([
  ["files", "scratch only"],
  ["manifest", "scratch only"],
  ["placed", "whole"],
  ["recorded", "whole"],
])("killed with SIGKILL after the part '%s' of a commit, it leaves: %s", async (point, left) => {
  const root = temporaryFolder();
  expect(await committer(root, "weights", point, "kill")).toMatchObject({ signal: "SIGKILL" }); // the fault did fire
  expect(names(root, "scratch")).toHaveLength(left === "whole" ? 0 : 1);

  const store = createLocalStore(root);
  const undisturbed = await made(createLocalStore(temporaryFolder()), recipe, files);
  const found = await store.find(undisturbed.key);
  expect(found).toEqual(left === "whole" ? undisturbed : undefined);
  expect(await made(store, recipe, files)).toEqual(undisturbed);
  expect(await store.open(undisturbed)).toBe(folderOf(root, recipe));
  expect(names(root, "scratch")).toEqual([]); // the dead attempt's is swept
  expect(names(root, "corrupt")).toEqual([]);
});

test("two processes commit the same key at the same moment: one wins, both are given its ref", async () => {
  const root = temporaryFolder();
  const attempts = ["one", "two"].map((content) => committer(root, content, "manifest", "wait"));
  while (!["one", "two"].every((content) => existsSync(join(root, `ready.${content}`)))) await sleep(5);
  writeFileSync(join(root, "go"), "");
  const [first, second] = (await Promise.all(attempts)).map(({ stdout }) => JSON.parse(stdout) as unknown);
  expect(first).toEqual(second);

  const store = createLocalStore(root);
  const ref = await store.find((first as { key: string }).key);
  expect(ref).toEqual(first);
  expect(readFileSync(join(await store.open(ref!), "adapter.bin"), "utf8")).toMatch(/^(one|two)$/);
  expect(names(root, "scratch")).toEqual([]);
});
