import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { loadQuestions } from "../../../src/dataset/questions.ts";
import { type Unpacked, unpackFiles } from "../../../src/dataset/unpack.ts";
import type { DataProblem } from "../../../src/dataset/problems.ts";
import { aRow, dataRoot, picture } from "../../support/data.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../../fixtures/parquet", `${name}.parquet`);

async function unpack(names: readonly string[], to: string, skipBroken = false) {
  const said: string[] = [];
  const counts: Unpacked = await unpackFiles(names.map(fixture), to, {
    skipBroken,
    report: ({ sentence }) => said.push(sentence.replace(/^.*\//, "")),
    onProgress: () => undefined,
  });
  return { counts, said };
}

test("images as MMSI-Bench holds them become files that are called as what they are", async () => {
  const folder = join(temporaryFolder(), "new/folder");
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
  const folder = temporaryFolder();
  const said = ['packed-struct.parquet, row 2 (id "1"): images[0] has no bytes.'];
  expect(await unpack(["packed-struct"], folder)).toEqual({ counts: { questions: 1, images: 1, broken: 1 }, said });
  expect(readdirSync(folder)).toEqual([]);
  expect((await unpack(["packed-struct"], folder, true)).said).toEqual(said);
  expect(readFileSync(join(folder, "questions.jsonl"), "utf8")).toBe(
    '{"id":"0","images":["images/0_0.png"],"question":"Where is red?","answer":"A","question_type":"all"}\n',
  );
});

/** The questions of a fixture, unpacked. */
async function read(name: string) {
  const folder = join(temporaryFolder(), "new");
  expect((await unpack([name], folder)).counts.broken).toBe(0);
  return (await loadQuestions({ path: join(folder, "questions.jsonl"), name: "q", format: "auto" })).questions;
}

test("several images of a row as {bytes, path}, and images in base64, with options and markers beside them", async () => {
  const asked = [
    { id: "a", question: "Where is red?\nA. x\nB. y", answer: "B", images: ["images/a_0.png"] },
    { id: "b", question: "Which is blue?\nA. p\nB. q", answer: "A", images: ["images/b_0.jpg", "images/b_1.png"] },
  ];
  expect(await read("packed-list")).toMatchObject(asked);
  expect(await read("packed-base64")).toMatchObject([asked[0]!, { ...asked[1]!, images: ["images/b_0.jpg"] }]);
});

test("an id is in one part of a data set only", async () => {
  const { said } = await unpack(["packed", "packed-struct"], temporaryFolder());
  expect(said[0]).toBe('packed-struct.parquet, row 1 (id "0"): another row has the same id.');
});

test("refused: a folder with something in it, which stays; a file without images; no parquet file", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "images"));
  await expect(unpack(["packed"], folder)).rejects.toThrow(/is not empty; name a new folder\.$/);
  expect(readdirSync(folder)).toEqual(["images"]);
  await expect(unpack(["names.zstd"], join(folder, "new"))).rejects.toThrow(
    /holds no images .*; name it as data\.path/,
  );
  expect(readdirSync(folder)).toEqual(["images"]);
  const options = { skipBroken: false, report: () => undefined, onProgress: () => undefined };
  await expect(unpackFiles([join(folder, "none.json")], join(folder, "x"), options)).rejects.toThrow("does not exist");
});

test("JSON whose rows hold their images in base64, plain, as an address or as {bytes}", async () => {
  const folder = temporaryFolder();
  const [png, jpeg] = await Promise.all([picture(1).png().toBuffer(), picture(2).jpeg().toBuffer()]);
  const rows = [
    { ...aRow("a"), images: [png.toString("base64"), `data:image/jpeg;base64,${jpeg.toString("base64")}`] },
    { ...aRow("b"), images: undefined, image: { bytes: jpeg.toString("base64"), path: "b.jpg" } },
    { ...aRow("c"), images: "c.png" },
    { ...aRow("d"), images: [Buffer.from("iVBORw0K and so on, which is no picture").toString("base64")] },
  ];
  const file = join(folder, "q.jsonl");
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const said: string[] = [];
  const options = { report: ({ sentence }: DataProblem) => said.push(sentence), onProgress: () => undefined };
  const counts = await unpackFiles([file], join(folder, "new"), { ...options, skipBroken: true });
  expect(counts).toEqual({ questions: 2, images: 3, broken: 2 });
  expect(said).toEqual([
    `${file}, row 3 (id "c"): images[0] is a text, where the image itself is needed, in base64.`,
    `${file}, row 4 (id "d"): images[0] is a text, where the image itself is needed, in base64.`,
  ]);
  expect(readFileSync(join(folder, "new/images/a_0.png")).equals(png)).toBe(true);
  expect(readFileSync(join(folder, "new/images/a_1.jpg")).equals(jpeg)).toBe(true);
  expect(readFileSync(join(folder, "new/images/b_0.jpg")).equals(jpeg)).toBe(true);
});

test("an image of a megabyte in its row is unpacked, where a run says how", async () => {
  const { root, recipe, put } = await dataRoot([aRow("a")]);
  const noise = Buffer.from(Array.from({ length: 700 * 700 * 3 }, (_, at) => (at * at * 7919) % 251));
  const png = await sharp(noise, { raw: { width: 700, height: 700, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const file = put("packed.json", JSON.stringify([{ ...aRow("a"), images: png.toString("base64") }]));
  const { path } = { ...recipe.data, path: "data/packed.json" };
  await expect(loadQuestions({ path: file, name: path, format: "auto" })).rejects.toThrow(
    "row 1: it is longer than 1000000 characters; images that lie in rows are written as files by `bin/snowball data unpack FILE --to FOLDER`.",
  );
  const options = { skipBroken: false, report: () => undefined, onProgress: () => undefined };
  expect(await unpackFiles([file], join(root, "new"), options)).toMatchObject({ questions: 1, images: 1 });
});
