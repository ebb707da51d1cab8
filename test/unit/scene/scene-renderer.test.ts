import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeWorld } from "../../../demo/world/write.ts";
import type { EditItem } from "../../../src/model/image/backend.ts";
import { createSceneRenderer } from "../../../src/model/image/scene-renderer.ts";

const renderer = createSceneRenderer({ width: 128, height: 128 });
const quiet = { signal: new AbortController().signal, onProgress: () => {} };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "scenes-"));
  await writeWorld(folder, 6, "unit");
});
afterAll(() => rm(folder, { recursive: true }));

const given = (index: number): string => join(folder, `images/scene-000${index}.png`);
const edit = (index: number, instruction: string, name: string): EditItem => ({
  image: given(index),
  instruction,
  seed: "",
  output: join(folder, name),
});
const useful = (index: number, instruction: string): Promise<boolean> =>
  renderer.useful!(given(index), `toy-000${index}`, instruction);
const pixels = async (path: string): Promise<Buffer> => sharp(path).raw().toBuffer();

describe("the scene renderer", () => {
  it("writes a view of the size asked for, with the same bytes each time", async () => {
    const done: number[] = [];
    const items = [edit(0, "look from the back", "a.png"), edit(0, "show the scene from behind", "b.png")];
    const edited = await renderer.edit(items, { ...quiet, onProgress: (n) => done.push(n) });
    expect(edited).toEqual([{ status: "ok" }, { status: "ok" }]);
    expect(done).toEqual([1, 2]);
    const [a, b] = await Promise.all(["a.png", "b.png"].map((name) => readFile(join(folder, name))));
    expect(a).toEqual(b);
    expect(await sharp(a).metadata()).toMatchObject({ format: "png", width: 128, height: 128, channels: 3 });
    expect(await pixels(join(folder, "a.png"))).not.toEqual(await pixels(given(0)));
  });

  it("returns the given view for what it does not understand", async () => {
    await renderer.edit([edit(1, "sing a song", "same.png")], quiet);
    expect(await readFile(join(folder, "same.png"))).toEqual(await readFile(given(1)));
  });

  it("knows from the object ids which instruction is useful", async () => {
    expect(await useful(0, "look from the back")).toBe(true);
    expect(await useful(0, "look from the left side")).toBe(false);
    expect(await useful(1, "look from the left side")).toBe(true);
    expect(await useful(4, "look from above")).toBe(true);
    expect(await useful(5, "look from a low angle")).toBe(true);
    expect(await useful(5, "make the scene brighter")).toBe(false);
  });

  it("stops between two views when it is told to", async () => {
    const controller = new AbortController();
    const call = renderer.edit([edit(0, "look from the back", "x.png"), edit(1, "look from the back", "y.png")], {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    });
    await expect(call).rejects.toThrow("enough");
    await expect(readFile(join(folder, "y.png"))).rejects.toThrow("ENOENT");
  });

  it("says what is missing", async () => {
    await expect(renderer.useful!(given(0), "toy-0001", "look")).rejects.toMatchObject({ type: "BadInput" });
    const lost = { ...edit(0, "look", "z.png"), image: join(folder, "photo.png") };
    await expect(renderer.edit([lost], quiet)).rejects.toThrow(/No scene description at .*photo\.json/);
    await writeFile(join(folder, "photo.json"), `{"solids": [{"kind": "torus"}]}`);
    await expect(renderer.edit([lost], quiet)).rejects.toThrow(/photo\.json is not a scene description/);
  });
});

describe("the world on disk", () => {
  it("has the shape of MMSI-Bench, and nothing in the questions that gives the answer away", async () => {
    const lines = (await readFile(join(folder, "questions.jsonl"), "utf8")).trim().split("\n");
    const rows = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5].map((n) => `toy-000${n}`));
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(["id", "images", "question", "answer", "question_type"]);
      expect(row["question"]).not.toContain(row["answer"]);
    }
  });

  it("is the same to the byte, and a larger one begins with it", async () => {
    const again = join(folder, "again");
    await writeWorld(again, 7, "unit");
    for (const name of ["images/scene-0005.png", "images/scene-0005.json"]) {
      expect(await readFile(join(again, name))).toEqual(await readFile(join(folder, name)));
    }
    const [small, large] = await Promise.all(
      [folder, again].map((at) => readFile(join(at, "questions.jsonl"), "utf8")),
    );
    expect(large!.startsWith(small!)).toBe(true);
  });
});
