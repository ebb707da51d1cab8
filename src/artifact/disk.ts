import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";

/** Waits until what was written to a file or folder is on the disk. For a folder that means the names in it. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts a whole file in place: a reader sees the old text or the new one, and never a part, even after a power cut. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.draft`;
  try {
    const handle = await open(draft, "wx");
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await sync(dirname(path));
}

/** Renames a folder; false if there is one already. rename(2) replaces only an empty folder, and decides races. */
export async function moveInto(folder: string, place: string): Promise<boolean> {
  try {
    await rename(folder, place);
  } catch (error) {
    if (codeOf(error) === "ENOTEMPTY" || codeOf(error) === "EEXIST") return false;
    throw error;
  }
  await sync(dirname(place));
  return true;
}

/** Is this the system's answer that a file or folder is not there? */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** The system's code of an error ("ENOENT"), if it has one. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

/** The names in a folder, sorted; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

export interface Listing {
  /** Names relative to the folder, with forward slashes, sorted by code unit. */
  readonly files: string[];
  /** Folders below it, deepest last, relative too. */
  readonly folders: string[];
  /** Links, sockets and devices: their content lies elsewhere, so that no digest covers it. */
  readonly others: string[];
}

/** All that lies below a folder, however deep. */
export async function listFiles(folder: string): Promise<Listing> {
  const files: string[] = [];
  const folders: string[] = [];
  const others: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join("/");
    (entry.isFile() ? files : entry.isDirectory() ? folders : others).push(name);
  }
  return { files: files.toSorted(), folders: folders.toSorted(), others: others.toSorted() };
}
