import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { openPicture } from "./picture.ts";
import { pngProblem } from "./png-chunks.ts";

export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly digest: string;
  /** The colour (0–255 each), if all pixels share it. */
  readonly flat: readonly number[] | undefined;
}

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
  const damaged = pngProblem(bytes);
  if (damaged !== undefined) return damaged;
  try {
    return await decode(bytes, maxPixels);
  } catch (error) {
    // libvips explains itself in several lines; the first one says what it is. While others decode, it may say nothing.
    const [said = ""] = (error as Error).message.split("\n", 1);
    const reason = said === "Unknown error" ? "it is damaged or cut off" : said;
    if (reason.includes("unsupported image format")) {
      return `is no PNG, JPEG, WebP, GIF, TIFF or AVIF (${count(bytes.length)} bytes)`;
    }
    return `cannot be decoded (${reason}; ${count(bytes.length)} bytes)`;
  }
}

async function decode(bytes: Buffer, maxPixels: number): Promise<DecodedImage | string> {
  const picture = await openPicture(bytes, maxPixels);
  if (typeof picture === "string") return picture;
  const { data, info } = await (await picture.rgb()).raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const digest = createHash("sha256").update(`${info.width}x${info.height}\n`).update(data).digest("hex");
  return { width: info.width, height: info.height, digest, flat: flatColour(data) };
}

/** Stops at the first pixel of another colour, which in a photograph is the second one. */
function flatColour(rgb: Buffer): readonly number[] | undefined {
  const [red, green, blue] = rgb;
  for (let at = 3; at < rgb.length; at += 3) {
    if (rgb[at] !== red || rgb[at + 1] !== green || rgb[at + 2] !== blue) return undefined;
  }
  return [red!, green!, blue!];
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
