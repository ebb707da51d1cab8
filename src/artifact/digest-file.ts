import { stat } from "node:fs/promises";
import { sha256OfFile } from "./hash.ts";

/** Files whose digest is remembered (some 300 bytes each): more than a data set has images in use at once. */
const REMEMBERED = 100_000;

const known = new Map<string, { readonly look: string; readonly digest: string }>();

/**
 * sha256 of a file that is not ours, such as an image of the user's. In one process it is hashed again only when its
 * look changed.
 */
export async function digestFile(path: string): Promise<string> {
  const { look, size } = await lookOf(path);
  const seen = known.get(path);
  if (seen?.look === look) return seen.digest;
  const digest = await sha256OfFile(path, size);
  // Of a file that changes while it is read nobody knows what was hashed.
  if ((await lookOf(path)).look === look) remember(path, { look, digest });
  return digest;
}

/**
 * What tells, without reading it, that a file is still the one that was looked at: its size in bytes, the times of its
 * last change in ns, its inode. The second time (of its name, rights or content) cannot be set back by a copy.
 */
export async function lookOf(
  path: string,
): Promise<{ readonly look: string; readonly size: number; readonly folder: boolean }> {
  const at = await stat(path, { bigint: true });
  const look = `${at.size} ${at.mtimeNs} ${at.ctimeNs} ${at.ino}`;
  return { look, size: Number(at.size), folder: at.isDirectory() };
}

function remember(path: string, seen: { readonly look: string; readonly digest: string }): void {
  known.delete(path);
  known.set(path, seen);
  if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
}
