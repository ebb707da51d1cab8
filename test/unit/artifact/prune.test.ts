import { existsSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { census, withAncestors, withDescendants } from "../../../src/artifact/descent.ts";
import { layoutOf } from "../../../src/artifact/layout.ts";
import { bytesFreed, removeArtifact } from "../../../src/artifact/prune.ts";
import { setAsideToRetry, supersededAsides } from "../../../src/artifact/set-aside.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import { collect, folderOf, made, names, recipeOf, writeFiles } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const parent = recipeOf("imagine");

async function family() {
  const root = temporaryFolder();
  const store = createLocalStore(root);
  const ref = await made(store, parent, { out: "first" });
  const child = await made(store, recipeOf("score", ref.sha256), { out: "scored" });
  await made(store, recipeOf("rollout"), { out: "stranger" });
  return { root, store, ref, child, layout: layoutOf(root, hostname()) };
}

const keys = (set: Iterable<{ key: string }>) => [...set].map((piece) => piece.key).toSorted();

test("what an artifact was built on, and what was built on it", async () => {
  const { layout, ref, child } = await family();
  const pieces = await census(layout);
  const [image, score] = [ref, child].map(({ key }) => pieces.filter((piece) => piece.key === key));
  expect(pieces).toHaveLength(3);
  expect(keys(withAncestors(pieces, score!))).toEqual([ref.key, child.key].toSorted());
  expect(keys(withAncestors(pieces, image!))).toEqual([ref.key]);
  expect(keys(withDescendants(pieces, image!))).toEqual([ref.key, child.key].toSorted());
});

test("a removed artifact leaves nothing behind, and is made again as if it had never been", async () => {
  const { root, store, ref, child, layout } = await family();
  await removeArtifact(layout, child.key, { forget: true });
  await removeArtifact(layout, ref.key, { forget: true });
  expect(names(root, "scratch")).toEqual([]);
  expect(names(root, "committed").join()).not.toContain("imagine");
  const second = await made(store, parent, { out: "otherwise" });
  expect(second.sha256).not.toBe(ref.sha256);
  expect(await collect(store.verify({ setAside: false }))).not.toContainEqual(
    expect.objectContaining({ problem: expect.any(String) }),
  );
});

test("with its record kept, what comes out otherwise under standing descendants is still found out", async () => {
  const { store, ref, layout } = await family();
  await removeArtifact(layout, ref.key, { forget: false });
  await expect(made(store, parent, { out: "otherwise" })).rejects.toMatchObject({ type: "Diverged" });
  expect(await made(store, parent, { out: "first" })).toEqual(ref);
});

test("set aside to be made again: it may come out otherwise, and the folder goes when it has", async () => {
  const { root, store, ref, layout } = await family();
  await setAsideToRetry(layout, ref.key);
  expect(await store.find(ref.key)).toBeUndefined();
  expect(await supersededAsides(layout)).toEqual([]);
  const second = await made(store, parent, { out: "otherwise" });
  expect(second.key).toBe(ref.key);
  expect(await supersededAsides(layout)).toEqual([expect.stringContaining(`${root}/corrupt/${ref.key}.`)]);
  // From here on the second one is what counts.
  expect(await made(store, parent, { out: "first" })).toEqual(second);
});

test("bytes come free when the last name of a file goes", async () => {
  const root = temporaryFolder();
  const [a, b] = [join(root, "a"), join(root, "b")];
  mkdirSync(b);
  writeFiles(a, { one: "x".repeat(10_000), two: "y".repeat(10_000) });
  linkSync(join(a, "one"), join(b, "one"));
  const alone = await bytesFreed([a]);
  expect(alone).toBeGreaterThanOrEqual(10_000);
  expect(alone).toBeLessThan(20_000);
  expect(await bytesFreed([a, b])).toBe(2 * alone);
  expect(await bytesFreed([b])).toBe(0);
});

test("an artifact without a whole manifest is nobody's", async () => {
  const { root, layout } = await family();
  writeFileSync(join(root, "artifacts", "notes.txt"), "");
  mkdirSync(join(root, "artifacts", "train"));
  mkdirSync(join(root, "artifacts", "train", "half"));
  expect(existsSync(folderOf(root, parent))).toBe(true);
  await expect(census(layout)).resolves.toHaveLength(3);
});
