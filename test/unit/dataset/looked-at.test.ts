import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { lookAtImages, type SeenImage } from "../../../src/dataset/adapters/images.ts";
import * as check from "../../../src/image/check.ts";
import { aRow, dataRoot, picture } from "../../support/data.ts";

const IDS = Array.from({ length: 70 }, (_, at) => `q${at}`);
const NAMES = IDS.map((id) => `${id}.png`);

vi.mock("../../../src/image/check.ts", { spy: true });
const decoded = vi.mocked(check.checkGiven);
beforeEach(() => void decoded.mockClear());

async function folderOf(maxPixels = 1000) {
  const { root } = await dataRoot(IDS.map((id) => aRow(id)));
  const memory = join(root, ".snowball/looked-at");
  const folder = { path: join(root, "data/images"), maxPixels, memory };
  return {
    folder,
    file: () => join(memory, readdirSync(memory)[0]!),
    image: (id: string) => join(folder.path, `${id}.png`),
  };
}
type Folder = Awaited<ReturnType<typeof folderOf>>["folder"];

async function look(folder: Folder, stopAfter = Infinity): Promise<Map<string, SeenImage>> {
  const seen = new Map<string, SeenImage>();
  const stop = new AbortController();
  const onImage = (name: string, image: SeenImage): boolean => {
    seen.set(name, image);
    if (seen.size === stopAfter) stop.abort(new Error("cut short"));
    return true;
  };
  await lookAtImages(folder, NAMES, { signal: stop.signal, onImage });
  return seen;
}

test("a look that was cut short goes on where it was, also when it could not say so", async () => {
  const { folder, file } = await folderOf();
  await expect(look(folder, 50)).rejects.toThrow("cut short");
  // Killed in the middle of a line.
  truncateSync(file(), readFileSync(file()).length - 10);
  decoded.mockClear();
  const again = await look(folder);
  expect(again.size).toBe(70);
  expect(decoded.mock.calls.length).toBeLessThanOrEqual(21);
  decoded.mockClear();
  expect(await look(folder)).toEqual(again);
  expect(decoded).not.toHaveBeenCalled();
});

test("what changed is looked at again, what is unusable always, and what is too large now is refused from memory", async () => {
  const { folder, image } = await folderOf();
  const first = await look(folder);
  await picture(900).png().toFile(image("q3"));
  writeFileSync(image("q4"), "no image");
  decoded.mockClear();
  const second = await look(folder);
  expect(second.get("q3.png")).not.toEqual(first.get("q3.png"));
  expect(second.get("q4.png")).toMatch(/^is no PNG/);
  await look(folder);
  expect(decoded).toHaveBeenCalledTimes(3);
  const smaller = await look({ ...folder, maxPixels: 40 });
  expect(smaller.get("q0.png")).toBe("has 8 × 6 pixels, more than the limit of 40");
});

test("a line that is not its checksum's is left out, and so is what is no line", async () => {
  const { folder, file } = await folderOf();
  const first = await look(folder);
  const lines = readFileSync(file(), "utf8").trim().split("\n");
  const place = lines.findIndex((line) => line.includes("q7.png"));
  const bytes = (first.get("q7.png") as check.GivenImage).bytes;
  lines[place] = lines[place]!.replace(bytes, "f".repeat(64));
  writeFileSync(file(), `${lines.join("\n")}\n`);
  appendFileSync(file(), Buffer.from([0, 0, 0, 0xff, 0xfe]));
  decoded.mockClear();
  expect((await look(folder)).get("q7.png")).toEqual(first.get("q7.png"));
  expect(decoded).toHaveBeenCalledTimes(1);
});
