import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing } from "./durable.ts";
import type { Manifest } from "./manifest.ts";

/**
 * "This host has hashed this artifact": its digest, and the size and time of every file at that moment. While these
 * stay as they are, the bytes are not read again.
 */
export async function writeStamp(path: string, folder: string, manifest: Manifest): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Neither whole nor flushed: a stamp that is torn or lost costs one more look at the bytes, a flush costs every reader.
  await writeFile(path, await fingerprint(folder, manifest));
}

export async function stampHolds(path: string, folder: string, manifest: Manifest): Promise<boolean> {
  try {
    return (await readFile(path, "utf8")) === (await fingerprint(folder, manifest));
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function dropStamp(path: string): Promise<void> {
  await rm(path, { force: true });
}

async function fingerprint(folder: string, manifest: Manifest): Promise<string> {
  const files = await Promise.all(
    manifest.files.map(async ({ name }) => {
      const { size, mtimeNs } = await stat(join(folder, name), { bigint: true });
      return `${size} ${mtimeNs} ${name}\n`;
    }),
  );
  return `${manifest.sha256}\n${files.join("")}`;
}
