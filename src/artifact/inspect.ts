import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "./durable.ts";
import { sha256OfFile } from "./hash.ts";
import { listFiles } from "./list-files.ts";
import { MANIFEST, type Manifest, readManifest } from "./manifest.ts";

/** `sizes`: every file is there with its size. `bytes`: every byte is hashed. */
export type Depth = "sizes" | "bytes";

/**
 * Compares a folder with its manifest. A text says which file is wrong and how; errors of the system that say nothing
 * about the content (no permission, a file server away) are thrown, so that they never condemn an artifact.
 */
export async function inspect(folder: string, key: string, depth: Depth): Promise<Manifest | string> {
  const manifest = await readManifest(folder, key);
  if (typeof manifest === "string") return manifest;
  try {
    const known = new Set([MANIFEST, ...manifest.files.map((file) => file.name)]);
    const { files, others } = await listFiles(folder);
    const stranger = [...files, ...others].find((name) => !known.has(name));
    if (stranger !== undefined) return `${stranger} was added after the commit`;
    for (const file of manifest.files) {
      const path = join(folder, file.name);
      const { size } = await stat(path);
      if (size !== file.size) return `${file.name} has ${size} bytes instead of ${file.size}`;
      if (depth === "bytes" && (await sha256OfFile(path)) !== file.sha256) return `${file.name} has changed bytes`;
    }
  } catch (error) {
    if (isMissing(error)) return `${missingName(error, folder)} is missing`;
    throw error;
  }
  return manifest;
}

function missingName(error: unknown, folder: string): string {
  const path = (error as NodeJS.ErrnoException).path;
  return path?.startsWith(folder) ? path.slice(folder.length + 1) : "a file";
}
