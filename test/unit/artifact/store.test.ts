import { readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { artifactKey } from "../../../src/artifact/key.ts";
import { makeArtifact } from "../../../src/artifact/make.ts";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import { folderOf, made, names, recipeOf, writeFiles } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const recipe = recipeOf("rollout");
const files = { "rollouts.jsonl": '{"a":1}\n', "images/q1/img_0.png": "pixels" };

test("what is made once is found by any later store, and not made again", async () => {
  const root = temporaryFolder();
  const ref = await made(createLocalStore(root), recipe, files);
  expect(ref).toMatchObject({ key: artifactKey(recipe), bytes: 14, rows: 2 });

  const again = await makeArtifact(createLocalStore(root), recipe, () => Promise.reject(new Error("built again")));
  expect(again).toEqual({ ref, made: false });
  const folder = await createLocalStore(root).open(ref);
  expect(folder).toBe(folderOf(root, recipe));
  expect(readFileSync(join(folder, "images/q1/img_0.png"), "utf8")).toBe("pixels");
  expect(names(root, "scratch")).toEqual([]);
});

test("equal work gives equal manifests, byte for byte, wherever the store is", async () => {
  const manifests = [temporaryFolder(), temporaryFolder()].map(async (root) => {
    await made(createLocalStore(root), recipe, files);
    return readFileSync(join(folderOf(root, recipe), "manifest.json"), "utf8");
  });
  const [one, other] = await Promise.all(manifests);
  expect(one).toBe(other);
  expect(JSON.parse(String(one))).toMatchObject({
    step: "rollout",
    version: 1,
    params: { temperature: 0.9 },
    inputs: [],
    rows: 2,
    files: [
      { name: "images/q1/img_0.png", size: 6 },
      // sha256 of {"a":1} and a line break
      { name: "rollouts.jsonl", size: 8, sha256: "e346432021b04179518d9614f3560ccd71354a4ee101ddcb893d6959a9d6301c" },
    ],
  });
});

function build(micro_batch: number) {
  return (folder: string) => {
    writeFiles(folder, files);
    return Promise.resolve({ rows: 1, notes: { micro_batch } });
  };
}

test("notes are kept and change no digest", async () => {
  const [root, other] = [temporaryFolder(), temporaryFolder()];
  const full = await makeArtifact(createLocalStore(root), recipe, build(8));
  const half = await makeArtifact(createLocalStore(other), recipe, build(4));
  expect(half.ref).toEqual(full.ref);
  expect(readFileSync(join(folderOf(other, recipe), "manifest.json"), "utf8")).toContain('"micro_batch": 4');
});

test("committed files are read-only", async () => {
  const root = temporaryFolder();
  await made(createLocalStore(root), recipe, files);
  for (const name of ["manifest.json", ...Object.keys(files)]) {
    expect(statSync(join(folderOf(root, recipe), name)).mode & 0o222).toBe(0);
  }
});

test("the first writer wins, and the second is told so", async () => {
  const root = temporaryFolder();
  const store = createLocalStore(root);
  const key = artifactKey(recipe);
  const [first, ghost] = [await store.scratch(key), await store.scratch(key)];
  writeFiles(first, { "out.txt": "first" });
  writeFiles(ghost, { "out.txt": "ghost" });
  const ref = await store.commit(key, first, { ...recipe, rows: 1 });
  expect(await store.commit(key, ghost, { ...recipe, rows: 1 })).toEqual(ref);
  expect(readFileSync(join(await store.open(ref), "out.txt"), "utf8")).toBe("first");
  expect(names(root, "scratch")).toEqual([]);
});

test("a failed build leaves nothing behind and throws its own failure", async () => {
  const root = temporaryFolder();
  const failing = makeArtifact(createLocalStore(root), recipe, (folder) => {
    writeFiles(folder, files);
    return Promise.reject(new Error("the planner died"));
  });
  await expect(failing).rejects.toThrow("the planner died");
  expect([names(root, "scratch"), names(root, "artifacts")]).toEqual([[], []]);
});

test("refuses a link, whose content lies elsewhere, and a key of another recipe", async () => {
  const store = createLocalStore(temporaryFolder());
  const key = artifactKey(recipe);
  const folder = await store.scratch(key);
  symlinkSync("/etc/hostname", join(folder, "link"));
  await expect(store.commit(key, folder, { ...recipe, rows: 0 })).rejects.toMatchObject({ type: "BadInput" });
  await expect(store.commit(key, folder, { ...recipeOf("score"), rows: 0 })).rejects.toThrow(
    /is not the key of the recipe/,
  );
});
