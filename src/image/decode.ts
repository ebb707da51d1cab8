import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { pngShortfall } from "./png-length.ts";

export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly digest: string;
  /** The colour (0–255 each), if all pixels share it. */
  readonly flat: readonly number[] | undefined;
}

/** What models cannot read, though it can be drawn here. */
const DRAWINGS: ReadonlySet<string | undefined> = new Set(["svg", "pdf"]);

/**
 * Decodes an image wholly. A text says what is wrong with the file, as the end of a sentence that begins with its name;
 * errors of the system other than a missing file are thrown, for they say nothing about the image.
 */
export async function decodeImage(path: string, maxPixels: number): Promise<DecodedImage | string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "does not exist";
    throw error;
  }
  return decodeBytes(bytes, maxPixels);
}

/** Decodes the bytes of an image file. A text says what is wrong with it. */
export async function decodeBytes(bytes: Buffer, maxPixels: number): Promise<DecodedImage | string> {
  if (bytes.length === 0) return "is empty (0 bytes)";
  // Asked first, because decoders are content once they have all the pixels, with the file's end missing.
  const short = pngShortfall(bytes);
  if (short) return `is truncated (PNG ends after ${count(bytes.length)} of at least ${count(short.needed)} bytes)`;
  try {
    return await decode(bytes, maxPixels);
  } catch (error) {
    // libvips explains itself in several lines; the first one says what it is.
    const [reason = ""] = (error as Error).message.split("\n", 1);
    if (reason.includes("unsupported image format")) {
      return `is no PNG, JPEG, WebP, GIF, TIFF or AVIF (${count(bytes.length)} bytes)`;
    }
    return `cannot be decoded (${reason}; ${count(bytes.length)} bytes)`;
  }
}

async function decode(bytes: Buffer, maxPixels: number): Promise<DecodedImage | string> {
  // The limit is ours, below, so that it can be said in a sentence; reading the header costs no memory.
  const options = { failOn: "warning", limitInputPixels: false } as const;
  const { format, width, height } = await sharp(bytes, options).metadata();
  if (DRAWINGS.has(format)) return `is ${format.toUpperCase()}, which no model reads; PNG or JPEG is needed`;
  const unusable = sizeProblem(width, height, maxPixels);
  if (unusable !== undefined) return unusable;
  // As the models read it: the pixel grid of the file, whatever its EXIF orientation says.
  const image = sharp(bytes, options).toColourspace("srgb").ensureAlpha();
  const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const digest = createHash("sha256").update(`${info.width}x${info.height}\n`).update(data).digest("hex");
  return { width: info.width, height: info.height, digest, flat: flatColour(data) };
}

/** What is wrong with an image of this size. */
export function sizeProblem(width: number, height: number, maxPixels: number): string | undefined {
  if (width * height <= maxPixels) return undefined;
  return `has ${width} × ${height} pixels, more than the limit of ${count(maxPixels)}`;
}

/** Stops at the first pixel of another colour, which in a photograph is the second one. */
function flatColour(rgba: Buffer): readonly number[] | undefined {
  const [red, green, blue] = rgba;
  for (let at = 4; at < rgba.length; at += 4) {
    if (rgba[at] !== red || rgba[at + 1] !== green || rgba[at + 2] !== blue) return undefined;
  }
  return [red!, green!, blue!];
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
