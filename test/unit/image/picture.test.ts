import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { decodeBytes } from "../../../src/image/decode.ts";
import { openPicture } from "../../../src/image/picture.ts";
import { readPixels } from "../../../src/model/vlm/onnx/graph.ts";
import { createSimulatedExecutor } from "../../../src/model/image/simulated.ts";
import { picture } from "../../support/data.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const PICTURES = join(import.meta.dirname, "../../fixtures/pictures");
const PIXELS = JSON.parse(readFileSync(join(PICTURES, "pixels.json"), "utf8")) as Record<string, string>;

const read = (name: string): Buffer => readFileSync(join(PICTURES, name));

/** python/tests/test_pictures.py compares with the same list. */
test.each(Object.entries(PIXELS))("%s has the pixels of the list, which Python sees", async (name, digest) => {
  expect(await decodeBytes(read(name), 1_000)).toMatchObject({ digest });
});

test.each([
  ["float.refused.tif", /^has pixels that models do not read \(b-w, float\); save it with 8 bits/],
  ["int32.refused.tif", /^has pixels that models do not read \(b-w, int\)/],
  ["checksum.refused.png", /^is damaged \(the checksum of its chunk "tEXt" is wrong; 1,\d+ bytes\)$/],
])("%s is refused", async (name, sentence) => {
  expect(readdirSync(PICTURES)).toContain(name);
  expect(await decodeBytes(read(name), 1_000)).toMatch(sentence);
});

test("AVIF is read", async () => {
  expect(await decodeBytes(await picture(1).avif({ lossless: true }).toBuffer(), 1_000)).toMatchObject({ width: 8 });
});

function strip(width: number, height: number): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: "red" } })
    .png()
    .toBuffer();
}

test("an image that models refuse for its shape is refused at import", async () => {
  expect(await openPicture(await strip(2, 401))).toBe(
    "has 2 × 401 pixels: one side is more than 200 times the other, which models refuse",
  );
  expect(await openPicture(await strip(400, 2))).toMatchObject({ width: 400, height: 2 });
});

describe("a JPEG with a warning", () => {
  const whole = read("plain.jpg");
  const table = whole.indexOf(Buffer.from([0xff, 0xdb]));
  const extraneous = Buffer.concat([whole.subarray(0, table), Buffer.from([0, 1, 2]), whole.subarray(table)]);

  test("is read, whatever else is decoded meanwhile, and has the pixels that it has without it", async () => {
    const all = await Promise.all(Array.from({ length: 30 }, () => decodeBytes(extraneous, 1_000)));
    expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(all[0]).toMatchObject({ digest: PIXELS["plain.jpg"] });
  });

  test("that is cut off is refused, whatever else is decoded meanwhile", async () => {
    const cut = whole.subarray(0, whole.length - 40);
    const all = await Promise.all(Array.from({ length: 30 }, () => decodeBytes(cut, 1_000)));
    for (const each of all)
      expect(each).toMatch(/^cannot be decoded \((VipsJpeg: premature end|it is damaged or cut off)/);
  });
});

test("the roles in this process see what the import saw: a critic in onnxruntime, a simulated executor", async () => {
  const folder = temporaryFolder();
  for (const name of ["grey16-turned.png", "inks.jpg", "turned6.jpg"]) {
    const seen = await openPicture(read(name));
    if (typeof seen === "string") throw new Error(seen);
    const { width, height } = seen;
    const pixels = await (await seen.rgb()).raw().toBuffer();
    const grid = { width, height, imageTokens: 1, patches: [1, 1, 1] } as const;
    expect(Buffer.from(await readPixels(join(PICTURES, name), grid)).equals(pixels)).toBe(true);

    // As a picture without oddities, it makes the same view.
    const plain = join(folder, "plain.png");
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(plain);
    const views: Buffer[] = [];
    for (const image of [join(PICTURES, name), plain]) {
      const output = join(folder, "view.png");
      const item = { image, instruction: "Show it.", seed: "s", output };
      const options = { signal: new AbortController().signal, onProgress: () => undefined };
      await createSimulatedExecutor({ width: 48, height: 32 }, undefined).edit([item], options);
      views.push(readFileSync(output));
    }
    expect(views[0]!.equals(views[1]!), name).toBe(true);
  }
});
