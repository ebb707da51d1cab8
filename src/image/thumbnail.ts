import { readFile } from "node:fs/promises";
import { isMissing } from "../artifact/disk.ts";
import { openPicture } from "./picture.ts";

/** Pixels of a thumbnail's longer side, at most, and the quality of its WebP. */
const SIDE = 160;
const QUALITY = 60;

/** A small copy of an image as a data URL; null where the file is not there or is no image. */
export async function thumbnail(path: string): Promise<string | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  try {
    const picture = await openPicture(bytes);
    if (typeof picture === "string") return null;
    const small = (await picture.rgb()).resize({ width: SIDE, height: SIDE, fit: "inside", withoutEnlargement: true });
    return `data:image/webp;base64,${(await small.webp({ quality: QUALITY }).toBuffer()).toString("base64")}`;
  } catch {
    // It is shown, not used: a picture that cannot be decoded is said to be missing.
    return null;
  }
}
