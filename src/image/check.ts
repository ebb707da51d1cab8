import { StepFailure } from "../failure.ts";
import { type DecodedImage, decodeImage } from "./decode.ts";

export interface CheckedImage {
  readonly width: number;
  readonly height: number;
  /** sha256 over size and decoded RGBA pixels: equal for equal pixels in whatever file format. */
  readonly digest: string;
}

export interface CheckOptions {
  /** Width × height above which an image is refused before it is decoded. */
  readonly maxPixels: number;
}

/** Checks an image that a user gave. Throws BadInput with one sentence that names the file and what is wrong. */
export async function checkGiven(path: string, { maxPixels }: CheckOptions): Promise<CheckedImage> {
  const decoded = await decodeImage(path, maxPixels);
  if (typeof decoded === "string")
    throw new StepFailure("BadInput", `Image ${path} ${decoded}.`, { details: { path } });
  return sizeAndDigest(decoded);
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
