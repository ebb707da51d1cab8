import { createHash } from "node:crypto";
import { type DecodedImage, decodeBytes, decodeImage } from "./decode.ts";
import { readGiven } from "./read-given.ts";

export interface CheckedImage {
  readonly width: number;
  readonly height: number;
  /** sha256 over size and decoded RGB pixels: equal for equal pixels in whatever file format. */
  readonly digest: string;
}

export interface CheckOptions {
  /** Width × height above which an image is refused before it is decoded. */
  readonly maxPixels: number;
}

/** An image that a user gave, whole and decodable. */
export interface GivenImage {
  /** sha256 of the file: what a model reads. */
  readonly bytes: string;
  /** sha256 of the decoded pixels: the same picture under another name or format. */
  readonly pixels: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly width: number;
  readonly height: number;
}

/** What is the same of all files with the same bytes. */
export type DecodedGiven = Omit<GivenImage, "bytes" | "size">;

export interface GivenOptions extends CheckOptions {
  /** Bytes above which a file is refused before it is read. */
  readonly maxBytes: number;
  /** By the digests of files: what was decoded before is not decoded again. */
  readonly decoded: Map<string, DecodedGiven>;
}

/**
 * Checks an image that a user gave. A text says what is wrong with it, as the end of a sentence that begins with its
 * name.
 */
export async function checkGiven(
  path: string,
  { maxPixels, maxBytes, decoded }: GivenOptions,
): Promise<GivenImage | string> {
  const file = await readGiven(path, maxBytes);
  if (typeof file === "string") return file;
  const bytes = createHash("sha256").update(file).digest("hex");
  const before = decoded.get(bytes);
  if (before !== undefined) return { bytes, size: file.length, ...before };
  const image = await decodeBytes(file, maxPixels);
  if (typeof image === "string") return image;
  const { width, height, digest: pixels } = image;
  decoded.set(bytes, { pixels, width, height });
  return { bytes, size: file.length, pixels, width, height };
}

/**
 * Checks an image that an executor made. What is broken, black or of one flat colour comes back as a reason: executors
 * return such images without an error, and they must never be scored.
 */
export async function checkGenerated(
  path: string,
  { maxPixels }: CheckOptions,
): Promise<({ readonly ok: true } & CheckedImage) | { readonly ok: false; readonly reason: string }> {
  const decoded = await decodeImage(path, maxPixels);
  if (typeof decoded === "string") return { ok: false, reason: `the image ${decoded}` };
  if (decoded.flat) return { ok: false, reason: `the image is of one flat colour, rgb(${decoded.flat.join(", ")})` };
  return { ok: true, ...sizeAndDigest(decoded) };
}

function sizeAndDigest({ width, height, digest }: DecodedImage): CheckedImage {
  return { width, height, digest };
}
