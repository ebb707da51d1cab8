import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";

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
