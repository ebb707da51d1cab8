import { chmodSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLocalStore } from "../../../src/artifact/local-store.ts";
import { collect, folderOf, made, names, recipeOf } from "../../support/artifacts.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const recipe = recipeOf("imagine");
const files = { "views.jsonl": '{"file":"img_0.png"}\n', "img_0.png": "pixels" };

/** Flips one bit and leaves size and times as they were: what a disk does, and no program. */
function flipBit(path: string): void {
  const { atime, mtime } = statSync(path);
  const bytes = readFileSync(path);
  bytes[0]! ^= 1;
  chmodSync(path, 0o644);
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
}

async function store() {
  const root = temporaryFolder();
  const local = createLocalStore(root);
  const ref = await made(local, recipe, files);
  return { root, local, ref, folder: folderOf(root, recipe) };
}

test.each<[string, (folder: string) => void]>([
  ["without its manifest", (folder) => rmSync(join(folder, "manifest.json"))],
  ["with a torn manifest", (folder) => truncateSync(join(folder, "manifest.json"), 40)],
  ["with one bit of its manifest flipped", (folder) => flipBit(join(folder, "manifest.json"))],
  ["with a missing file", (folder) => rmSync(join(folder, "img_0.png"))],
  ["with an empty file", (folder) => truncateSync(join(folder, "img_0.png"), 0)],
  ["with a torn last line", (folder) => truncateSync(join(folder, "views.jsonl"), 12)],
  ["with a file that nobody committed", (folder) => writeFileSync(join(folder, "extra.bin"), "")],
])("an artifact %s is not found, set aside, and made again as it was", async (_name, breakIt) => {
  const { root, local, ref, folder } = await store();
  breakIt(folder);
  expect(await local.find(ref.key)).toBeUndefined();
  expect(names(root, "corrupt")).toEqual([expect.stringMatching(`^${ref.key}\\.`)]);
  expect(await made(local, recipe, files)).toEqual(ref);
  expect(await local.open(ref)).toBe(folder);
});

test("a flipped bit is found by a host's first reader, who says where", async () => {
  const { root, local, ref, folder } = await store();
  flipBit(join(folder, "img_0.png"));
  expect(await local.find(ref.key)).toEqual(ref); // sizes alone do not show it
  await expect(local.open(ref)).rejects.toMatchObject({
    type: "ArtifactLost",
    message: `Artifact ${ref.key} of step "imagine" cannot be used: img_0.png has changed bytes; it has to be made again.`,
    details: { key: ref.key },
  });
  expect(names(root, "corrupt")).toHaveLength(1);
  expect(await local.find(ref.key)).toBeUndefined();
});

test("after the first reading size and time are enough, and verify still finds the bit", async () => {
  const { root, local, ref, folder } = await store();
  utimesSync(join(folder, "img_0.png"), 1, 1); // a time that can be put back exactly
  await local.open(ref);
  flipBit(join(folder, "img_0.png"));
  expect(await createLocalStore(root).open(ref)).toBe(folder); // trusted: read whole on this host before

  const problem = `${ref.key}: img_0.png has changed bytes`;
  expect(await collect(local.verify({ setAside: false }))).toEqual([{ key: ref.key, bytes: 0, problem }]);
  expect(names(root, "corrupt")).toEqual([]);
  await expect(local.open(ref)).rejects.toMatchObject({ type: "ArtifactLost" }); // the stamp is gone
});

test("verify sets broken artifacts aside when asked, passes whole ones, and names missing ones", async () => {
  const { root, local, ref, folder } = await store();
  const whole = await made(local, recipeOf("score"), { "labeled.jsonl": "{}\n" });
  flipBit(join(folder, "views.jsonl"));
  const found = await collect(local.verify({ setAside: true }));
  expect(found).toEqual([
    { key: ref.key, bytes: 0, problem: `${ref.key}: views.jsonl has changed bytes` },
    { key: whole.key, bytes: 3 },
  ]);
  expect(names(root, "corrupt")).toHaveLength(1);
  const [missing] = await collect(local.verify({ setAside: false, keys: [ref.key] }));
  expect(missing?.problem).toBe(`${ref.key}: manifest.json is missing`);
});

test("a file that was changed after the first reading is read again, and lost only if its bytes differ", async () => {
  const { local, ref, folder } = await store();
  await local.open(ref);
  utimesSync(join(folder, "img_0.png"), 1, 1);
  expect(await local.open(ref)).toBe(folder);
  chmodSync(join(folder, "img_0.png"), 0o644);
  writeFileSync(join(folder, "img_0.png"), "PIXELS");
  await expect(local.open(ref)).rejects.toMatchObject({ type: "ArtifactLost" });
});

test("a vanished artifact is lost, and so is one that was made again otherwise", async () => {
  const { local, ref, folder } = await store();
  rmSync(folder, { recursive: true });
  await expect(local.open(ref)).rejects.toThrow(/manifest\.json is missing/);
  await made(local, recipe, { ...files, "img_0.png": "others" });
  await expect(local.open(ref)).rejects.toThrow(/it was made again with other bytes/);
});
