import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fewAtATime, FILES_AT_ONCE } from "../few-at-a-time.ts";
import { isMissing, listFiles } from "./disk.ts";
import { sha256OfFile } from "./digest.ts";
import { type Manifest, MANIFEST, type ManifestFile, readManifest } from "./manifest.ts";

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
