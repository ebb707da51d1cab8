import { lstat, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Layout } from "./layout.ts";
import { newScratch } from "./scratch.ts";
import { dropStamp } from "./inspect.ts";

/**
 * Removes an artifact. It leaves its place by one rename, so that a process that dies here leaves scratch, which is
 * swept, and never half an artifact.
 * @param forget drop the record of its bytes too: right when all that was built on it goes as well
 */
export async function removeArtifact(layout: Layout, key: string, { forget }: { forget: boolean }): Promise<void> {
  if (forget) await rm(layout.record(key), { force: true });
  await dropStamp(layout.stamp(key));
  const away = await newScratch(layout.scratch, key);
  await rename(layout.artifact(key), join(away, "removed"));
  await rm(away, { recursive: true });
}

/** Bytes that come free when all of these folders go. A file that has a name elsewhere too frees nothing. */
export async function bytesFreed(folders: readonly string[]): Promise<number> {
  const files = new Map<string, { size: number; names: number }>();
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const { dev, ino, nlink, blocks } = await lstat(join(entry.parentPath, entry.name));
      const id = `${dev} ${ino}`;
      const known = files.get(id) ?? { size: blocks * BLOCK, names: nlink };
      files.set(id, { ...known, names: known.names - 1 });
    }
  }
  return [...files.values()].reduce((sum, { size, names }) => sum + (names <= 0 ? size : 0), 0);
}

/** Bytes: the unit in which stat counts what a file takes of the disk, whatever its file system's blocks are. */
const BLOCK = 512;
