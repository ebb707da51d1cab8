import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { loadQuestions } from "../../../src/dataset/questions.ts";
import { type Unpacked, unpackParquet } from "../../../src/dataset/unpack.ts";
import { scratchFolder } from "../../support/scratch.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../../fixtures/parquet", `${name}.parquet`);

async function unpack(names: readonly string[], to: string, skipBroken = false) {
  const said: string[] = [];
  const counts: Unpacked = await unpackParquet(names.map(fixture), to, {
    skipBroken,
    report: ({ sentence }) => said.push(sentence.replace(/^.*\//, "")),
    onProgress: () => undefined,
  });
  return { counts, said };
}

test("images as MMSI-Bench holds them become files that are called as what they are", async () => {
  const folder = join(scratchFolder(), "new/folder");
  expect(await unpack(["packed"], folder)).toEqual({ counts: { questions: 2, images: 3, broken: 0 }, said: [] });
  expect(readdirSync(folder).toSorted()).toEqual(["images", "questions.jsonl"]);
  expect(readdirSync(join(folder, "images")).toSorted()).toEqual(["0_0.png", "1_0.jpg", "1_1.webp"]);
  const { questions } = await loadQuestions({ path: join(folder, "questions.jsonl"), name: "q", format: "auto" });
  expect(questions).toEqual([
    expect.objectContaining({ id: "0", images: ["images/0_0.png"], question: "Where is red?", answer: "A" }),
    expect.objectContaining({ id: "1", images: ["images/1_0.jpg", "images/1_1.webp"], scene: "images/1_0.jpg" }),
  ]);
  // The red one: 8 × 6 pixels of (200, 10, 10), the first of (1, 2, 3).
  const { data, info } = await sharp(join(folder, "images/0_0.png")).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, ...data.subarray(0, 6)]).toEqual([8, 6, 1, 2, 3, 200, 10, 10]);
});

test("a row that cannot be unpacked leaves nothing behind, unless it may be left out", async () => {
  const folder = scratchFolder();
  const said = ['packed-struct.parquet, row 2 (id "1"): images[0] has no bytes.'];
  expect(await unpack(["packed-struct"], folder)).toEqual({ counts: { questions: 1, images: 1, broken: 1 }, said });
  expect(readdirSync(folder)).toEqual([]);
  expect((await unpack(["packed-struct"], folder, true)).said).toEqual(said);
  expect(readFileSync(join(folder, "questions.jsonl"), "utf8")).toBe(
    '{"id":"0","images":["images/0_0.png"],"question":"Where is red?","answer":"A","question_type":"all"}\n',
  );
});

test("an id is in one part of a data set only", async () => {
  const { said } = await unpack(["packed", "packed-struct"], scratchFolder());
  expect(said[0]).toBe('packed-struct.parquet, row 1 (id "0"): another row has the same id.');
});

test("refused: a folder with something in it, which stays; a file without images; no parquet file", async () => {
  const folder = scratchFolder();
  mkdirSync(join(folder, "images"));
  await expect(unpack(["packed"], folder)).rejects.toThrow(/is not empty; name a new folder\.$/);
  expect(readdirSync(folder)).toEqual(["images"]);
  await expect(unpack(["names.zstd"], join(folder, "new"))).rejects.toThrow(
    /holds no images .*; name it as data\.path/,
  );
  expect(readdirSync(join(folder, "new"))).toEqual([]);
  const options = { skipBroken: false, report: () => undefined, onProgress: () => undefined };
  writeFileSync(join(folder, "q.json"), "[]");
  await expect(unpackParquet([join(folder, "q.json")], join(folder, "x"), options)).rejects.toThrow(
    "is no parquet file",
  );
});
