import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import { checkGenerated, checkGiven } from "../../../src/image/check.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const limit = { maxPixels: 1_000_000 };

/** 64 × 48 pixels, each channel a gradient of its own, so that no two rows or columns are equal. */
function gradient(): Sharp {
  const pixels = Buffer.from(Array.from({ length: 64 * 48 * 3 }, (_, at) => (at * 7 + (at % 3) * 50) % 256));
  return sharp(pixels, { raw: { width: 64, height: 48, channels: 3 } });
}

async function saved(image: Sharp, name = "view.png"): Promise<string> {
  const path = join(temporaryFolder(), name);
  await image.toFile(path);
  return path;
}

function flat(r: number, g: number, b: number): Sharp {
  return sharp({ create: { width: 64, height: 48, channels: 3, background: { r, g, b } } });
}

test("a good image has a size and a digest of its pixels", async () => {
  const path = await saved(gradient());
  const given = await checkGiven(path, limit);
  expect(given).toMatchObject({ width: 64, height: 48, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(await checkGenerated(path, limit)).toEqual({ ok: true, ...given });
});

async function digest(image: Sharp, name?: string): Promise<string> {
  return (await checkGiven(await saved(image, name), limit)).digest;
}

test("equal pixels have equal digests in any lossless file, others do not", async () => {
  const png = await digest(gradient());
  expect(await digest(gradient().png({ compressionLevel: 0 }))).toBe(png);
  expect(await digest(gradient().tiff({ compression: "lzw" }), "view.tiff")).toBe(png);
  expect(await digest(gradient().ensureAlpha())).toBe(png);
  expect(await digest(gradient().flip())).not.toBe(png);
  expect(await digest(gradient().extract({ left: 0, top: 0, width: 64, height: 47 }))).not.toBe(png);
});

test("the digest of a 2 × 1 image is sha256 of its size line and its RGBA bytes", async () => {
  const pixels = Buffer.from([1, 2, 3, 4, 5, 6]);
  const path = await saved(sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } }));
  // printf '2x1\n\1\2\3\377\4\5\6\377' | sha256sum
  expect((await checkGiven(path, limit)).digest).toBe(
    "64eda64bb9c844ba4234977f7f27828e3e1d6e581a9e62afe07fcb9f9fa7f97f",
  );
});

test("a truncated PNG is refused with its bytes", async () => {
  const path = await saved(gradient());
  const whole = statSync(path).size;
  truncateSync(path, Math.floor(whole / 2));
  const [has, needs] = [Math.floor(whole / 2), whole].map((count) => count.toLocaleString("en-US"));
  const sentence = `is truncated (PNG ends after ${has} of at least ${needs} bytes)`;
  await expect(checkGiven(path, limit)).rejects.toMatchObject({
    type: "BadInput",
    message: `Image ${path} ${sentence}.`,
  });
  expect(await checkGenerated(path, limit)).toEqual({ ok: false, reason: `the image ${sentence}` });
});

test.each([1, 12, 40])("a PNG without its last %i bytes is refused", async (missing) => {
  const path = await saved(gradient());
  truncateSync(path, statSync(path).size - missing);
  expect(await checkGenerated(path, limit)).toMatchObject({ ok: false, reason: expect.stringContaining("truncated") });
});

test("a JPEG cut in half is refused", async () => {
  const path = await saved(gradient(), "photo.jpg");
  truncateSync(path, Math.floor(statSync(path).size / 2));
  await expect(checkGiven(path, limit)).rejects.toThrow(/photo\.jpg cannot be decoded \(.*; [\d,]+ bytes\)\.$/);
});

test("a PNG with a flipped bit in its pixels is refused", async () => {
  const path = await saved(gradient());
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(path, bytes);
  expect(await checkGenerated(path, limit)).toMatchObject({
    ok: false,
    reason: expect.stringContaining("cannot be decoded"),
  });
});

test("missing, empty and other files are named as such", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "empty.png"), "");
  writeFileSync(join(folder, "text.png"), "not an image");
  await expect(checkGiven(join(folder, "gone.png"), limit)).rejects.toThrow("gone.png does not exist.");
  await expect(checkGiven(join(folder, "empty.png"), limit)).rejects.toThrow("empty.png is empty (0 bytes).");
  await expect(checkGiven(join(folder, "text.png"), limit)).rejects.toThrow(/text\.png cannot be decoded/);
  expect(await checkGenerated(join(folder, "gone.png"), limit)).toEqual({
    ok: false,
    reason: "the image does not exist",
  });
});

test("an image over the pixel limit is refused before it is decoded", async () => {
  const path = await saved(flat(1, 2, 3));
  await expect(checkGiven(path, { maxPixels: 3071 })).rejects.toThrow(
    "has 64 × 48 pixels, more than the limit of 3,071.",
  );
  expect(await checkGiven(path, { maxPixels: 3072 })).toMatchObject({ width: 64 });
});

test.each([
  [0, 0, 0],
  [255, 255, 255],
  [12, 200, 7],
])(
  "a view of one flat colour rgb(%i, %i, %i) is a failure of the executor; a given one is allowed",
  async (r, g, b) => {
    const path = await saved(flat(r, g, b));
    expect(await checkGenerated(path, limit)).toEqual({
      ok: false,
      reason: `the image is of one flat colour, rgb(${r}, ${g}, ${b})`,
    });
    await expect(checkGiven(path, limit)).resolves.toMatchObject({ width: 64 });
  },
);

test("one different pixel is enough not to be flat", async () => {
  const dot = { create: { width: 1, height: 1, channels: 3, background: { r: 1, g: 0, b: 0 } } } as const;
  const path = await saved(flat(0, 0, 0).composite([{ input: dot, left: 5, top: 5 }]));
  expect(await checkGenerated(path, limit)).toMatchObject({ ok: true });
});
