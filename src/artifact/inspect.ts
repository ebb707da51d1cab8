import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fewAtATime, FILES_AT_ONCE } from "../few-at-a-time.ts";
import { isMissing } from "./durable.ts";
import { sha256OfFile } from "./hash.ts";
import { listFiles } from "./list-files.ts";
import { MANIFEST, type Manifest, type ManifestFile, readManifest } from "./manifest.ts";

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
    const problems = await fewAtATime(manifest.files, FILES_AT_ONCE, (file) => problemOf(folder, file, depth));
    const problem = problems.find((each) => each !== undefined);
    if (problem !== undefined) return problem;
  } catch (error) {
    if (isMissing(error)) return `${missingName(error, folder)} is missing`;
    throw error;
  }
  return manifest;
}

async function problemOf(
  folder: string,
  { name, size, sha256 }: ManifestFile,
  depth: Depth,
): Promise<string | undefined> {
  const path = join(folder, name);
  const found = (await stat(path)).size;
  if (found !== size) return `${name} has ${found} bytes instead of ${size}`;
  if (depth === "bytes" && (await sha256OfFile(path, size)) !== sha256) return `${name} has changed bytes`;
  return undefined;
}

function missingName(error: unknown, folder: string): string {
  const path = (error as NodeJS.ErrnoException).path;
  return path?.startsWith(folder) ? path.slice(folder.length + 1) : "a file";
}
