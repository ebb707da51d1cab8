import { readFile, stat } from "node:fs/promises";
import { size } from "../numbers.ts";

/** What the system's refusals say about a file, as the end of a sentence that begins with its name. */
const REFUSALS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EISDIR: "is a folder",
  EACCES: "may not be read by the worker's user",
  EPERM: "may not be read by the worker's user",
  ELOOP: "is a link that leads to itself",
  ENAMETOOLONG: "has a name that is too long for the disk",
};

/** The bytes of a file that a user gave, or what is wrong with it. */
export async function readGiven(path: string, maxBytes: number): Promise<Buffer | string> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return "is a folder";
    // Reading a pipe or a device would wait for ever.
    if (!found.isFile()) return "is no ordinary file";
    if (found.size > maxBytes) return `has ${size(found.size)}, more than the limit of ${size(maxBytes)}`;
    return await readFile(path);
  } catch (error) {
    return refusal(error);
  }
}

/** What the system says about a file, as the end of a sentence; an error that says nothing about it is thrown. */
export function refusal(error: unknown): string {
  const what = REFUSALS[String((error as NodeJS.ErrnoException).code)];
  if (what === undefined) throw error;
  return what;
}
