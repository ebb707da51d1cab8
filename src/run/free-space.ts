import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { isMissing } from "../artifact/disk.ts";

/** Bytes that this user may still write where a folder is, or will be. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (isMissing(error) && dirname(folder) !== folder) return freeBytes(dirname(folder));
    throw error;
  }
}
