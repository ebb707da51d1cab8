import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import { folderOf, made, names, recipeOf, writeFiles } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const parent = recipeOf("rollout");

async function lostParent(children: readonly string[]) {
  const root = temporaryFolder();
  const store = createLocalStore(root);
  const ref = await made(store, parent, { out: "first" });
  for (const step of children) await made(store, recipeOf(step, ref.sha256), { out: step });
  rmSync(folderOf(root, parent), { recursive: true });
  return { root, store, ref };
}

test("made again otherwise, with something built on the first: Diverged, and it says on what", async () => {
  const { root, store, ref } = await lostParent(["score", "imagine"]);
  const again = made(store, parent, { out: "other" });
  await expect(again).rejects.toMatchObject({
    type: "Diverged",
    message: expect.stringMatching(
      /^rollout-\w+ was made again with other bytes .* but imagine-\w+ and 1 more was built/,
    ),
    details: {
      key: ref.key,
      before: ref.sha256,
      descendants: [/^imagine/, /^score/].map((it) => expect.stringMatching(it)),
    },
  });
  expect(await store.find(ref.key)).toBeUndefined();
  expect(names(root, "scratch")).toEqual([]);
});

test("made again as it was: its descendants stand", async () => {
  const { store, ref } = await lostParent(["score"]);
  expect(await made(store, parent, { out: "first" })).toEqual(ref);
});

test("made again otherwise, with nothing built on it: the new one counts from now on", async () => {
  const { root, store } = await lostParent([]);
  const second = await made(store, parent, { out: "other" });
  await made(store, recipeOf("score", second.sha256), { out: "score" });
  rmSync(folderOf(root, parent), { recursive: true });
  await expect(made(store, parent, { out: "first" })).rejects.toMatchObject({ type: "Diverged" });
  expect(await made(store, parent, { out: "other" })).toEqual(second);
});

test("a ghost that made something else has merely lost, whatever was built on the winner", async () => {
  const root = temporaryFolder();
  const store = createLocalStore(root);
  const ref = await made(store, parent, { out: "first" });
  await made(store, recipeOf("score", ref.sha256), { out: "score" });
  const ghost = await store.scratch(ref.key);
  writeFiles(ghost, { out: "other" });
  expect(await store.commit(ref.key, ghost, { ...parent, rows: 1 })).toEqual(ref);
  expect(names(root, "scratch")).toEqual([]);
});

test("a commit that died before its record is still remembered: whoever finds it writes the record", async () => {
  const { root, store, ref } = await lostParent([]);
  await made(store, parent, { out: "first" });
  rmSync(`${root}/committed`, { recursive: true });
  await store.find(ref.key);
  await made(store, recipeOf("score", ref.sha256), { out: "score" });
  rmSync(folderOf(root, parent), { recursive: true });
  await expect(made(store, parent, { out: "other" })).rejects.toMatchObject({ type: "Diverged" });
});
