import { createHash } from "node:crypto";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { expect, test } from "vitest";
import {
  checkGenerated,
  checkGiven,
  type DecodedGiven,
  type GivenImage,
  type GivenOptions,
} from "../../../src/image/check.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const limit = { maxPixels: 1_000_000 };

/** Nothing was decoded before, and no file is too large. */
function given(path: string, change: Partial<GivenOptions> = {}): Promise<GivenImage | string> {
  return checkGiven(path, { ...limit, maxBytes: 1e9, decoded: new Map(), ...change });
}

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
  const checked = await checkGenerated(path, limit);
  expect(checked).toEqual({ ok: true, width: 64, height: 48, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
  const bytes = readFileSync(path);
  expect(await given(path)).toEqual({
    bytes: createHash("sha256").update(bytes).digest("hex"),
    pixels: checked.ok && checked.digest,
    size: bytes.length,
    width: 64,
    height: 48,
  });
});

test("bytes that were decoded before are not decoded again", async () => {
  const decoded = new Map<string, DecodedGiven>();
  const first = await given(await saved(gradient()), { decoded });
  const { bytes, size: _, ...rest } = first as GivenImage;
  expect([...decoded]).toEqual([[bytes, rest]]);
  decoded.set(bytes, { ...rest, pixels: "known" });
  expect(await given(await saved(gradient()), { decoded })).toMatchObject({ pixels: "known" });
});

async function digest(image: Sharp, name?: string): Promise<string> {
  return ((await given(await saved(image, name))) as GivenImage).pixels;
}

test("equal pixels have equal digests in any lossless file, others do not", async () => {
  const png = await digest(gradient());
  expect(await digest(gradient().png({ compressionLevel: 0 }))).toBe(png);
  expect(await digest(gradient().tiff({ compression: "lzw" }), "view.tiff")).toBe(png);
  expect(await digest(gradient().ensureAlpha())).toBe(png);
  expect(await digest(gradient().flip())).not.toBe(png);
  expect(await digest(gradient().extract({ left: 0, top: 0, width: 64, height: 47 }))).not.toBe(png);
});

test("the digest of a 2 × 1 image is sha256 of its size line and its RGB bytes", async () => {
  const pixels = Buffer.from([1, 2, 3, 4, 5, 6]);
  const path = await saved(sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } }));
  // printf '2x1\n\1\2\3\4\5\6' | sha256sum
  expect(await given(path)).toMatchObject({
    pixels: "7819e9ad0fc64529a16d644e6593057123d1e3f2e3ffc355886c6a75719cca5a",
  });
});

test("a truncated PNG is refused with its bytes", async () => {
  const path = await saved(gradient());
  const whole = statSync(path).size;
  truncateSync(path, Math.floor(whole / 2));
  const [has, needs] = [Math.floor(whole / 2), whole].map((count) => count.toLocaleString("en-US"));
  const sentence = `is truncated (PNG ends after ${has} of at least ${needs} bytes)`;
  expect(await given(path)).toBe(sentence);
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
  expect(await given(path)).toMatch(/^cannot be decoded \(.*; [\d,]+ bytes\)$/);
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
  expect(await given(join(folder, "gone.png"))).toBe("does not exist");
  expect(await given(join(folder, "text.png", "x.png"))).toBe("does not exist");
  expect(await given(join(folder, "empty.png"))).toBe("is empty (0 bytes)");
  expect(await given(join(folder, "text.png"))).toBe("is no PNG, JPEG, WebP, GIF, TIFF or AVIF (12 bytes)");
  expect(await given(folder)).toBe("is a folder");
  expect(await given("/dev/zero")).toBe("is no ordinary file");
  expect(await given(join(folder, "text.png"), { maxBytes: 11 })).toBe("has 12 bytes, more than the limit of 11 bytes");
  expect(await checkGenerated(join(folder, "gone.png"), limit)).toEqual({
    ok: false,
    reason: "the image does not exist",
  });
});

test("an image over the pixel limit is refused before it is decoded", async () => {
  const path = await saved(flat(1, 2, 3));
  expect(await given(path, { maxPixels: 3071 })).toBe("has 64 × 48 pixels, more than the limit of 3,071");
  expect(await given(path, { maxPixels: 3072 })).toMatchObject({ pixels: expect.any(String) });
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
    expect(await given(path)).toMatchObject({ pixels: expect.any(String) });
  },
);

test("one different pixel is enough not to be flat", async () => {
  const dot = { create: { width: 1, height: 1, channels: 3, background: { r: 1, g: 0, b: 0 } } } as const;
  const path = await saved(flat(0, 0, 0).composite([{ input: dot, left: 5, top: 5 }]));
  expect(await checkGenerated(path, limit)).toMatchObject({ ok: true });
});

test("a drawing is no image for a model, and the last pixel counts for a flat one", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.png"), '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  expect(await given(join(folder, "a.png"))).toBe("is SVG, which no model reads; PNG or JPEG is needed");
  const dot = { create: { width: 1, height: 1, channels: 3, background: { r: 0, g: 0, b: 1 } } } as const;
  const path = await saved(flat(0, 0, 0).composite([{ input: dot, left: 63, top: 47 }]));
  expect(await checkGenerated(path, limit)).toMatchObject({ ok: true });
});
