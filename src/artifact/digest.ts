import { createHash, hash as hashOf } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { StepFailure } from "../failure.ts";
import { canonicalDigest } from "./canonical-json.ts";
import { isMissing } from "./disk.ts";

/** Bytes read at a time: large enough to keep the disk busy, small enough to leave Node's loop responsive (1 MiB). */
const READ_BYTES = 1 << 20;

/** sha256 (64 hex digits) of a file's bytes. With its `size`, a small file is read at once, which is ten times faster. */
export async function sha256OfFile(path: string, size = Infinity): Promise<string> {
  if (size <= READ_BYTES) return hashOf("sha256", await readFile(path));
  const hash = createHash("sha256");
  for await (const bytes of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(bytes as Buffer);
  return hash.digest("hex");
}

/** Files whose digest is remembered (some 300 bytes each): more than a data set has images in use at once. */
const REMEMBERED = 100_000;

const knownFiles = new Map<string, { readonly look: string; readonly digest: string }>();

/**
 * sha256 of a file that is not ours, such as an image of the user's. In one process it is hashed again only when its
 * look changed.
 */
export async function digestFile(path: string): Promise<string> {
  const { look, size } = await lookOf(path);
  const seen = knownFiles.get(path);
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
  knownFiles.delete(path);
  knownFiles.set(path, seen);
  if (knownFiles.size > REMEMBERED) knownFiles.delete(knownFiles.keys().next().value!);
}

const knownFolders = new Map<string, { fingerprint: string; digest: Promise<string> }>();

/**
 * sha256 over the names and contents of a folder's files, such as a model checkpoint's. Links are followed (download
 * caches are made of them); names that start with a dot are left out (downloaders keep times and locks there). In one
 * process a folder is hashed again only when a name in it, or a file's look, changed. Throws BadInput if there is no file.
 */
export async function digestFolder(path: string): Promise<string> {
  const files = await filesBelow(path, "");
  if (files.length === 0)
    throw new StepFailure("BadInput", `${path} holds no files; give the folder of a model checkpoint.`);
  const fingerprint = JSON.stringify(files);
  const seen = knownFolders.get(path);
  if (seen?.fingerprint === fingerprint) return seen.digest;
  const digest = digestOfFiles(path, files);
  knownFolders.set(path, { fingerprint, digest });
  digest.catch(() => knownFolders.delete(path));
  return digest;
}

type Entry = readonly [name: string, look: string];

async function digestOfFiles(path: string, files: readonly Entry[]): Promise<string> {
  const contents: { name: string; sha256: string }[] = [];
  for (const [name] of files) contents.push({ name, sha256: await sha256OfFile(join(path, name)) });
  return canonicalDigest(contents);
}

/** Every file's name relative to the root, and its look; sorted by name. */
async function filesBelow(root: string, folder: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const entry of (await entriesOf(join(root, folder))).toSorted()) {
    if (entry.startsWith(".")) continue;
    const name = folder === "" ? entry : `${folder}/${entry}`;
    const { look, folder: inside } = await lookOf(join(root, name)).catch((cause: unknown) => {
      if (!isMissing(cause)) throw cause;
      throw new StepFailure("BadInput", `${join(root, name)} is a link that leads nowhere, or has just gone.`, {
        cause,
      });
    });
    if (inside) found.push(...(await filesBelow(root, name)));
    else found.push([name, look]);
  }
  return found;
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new StepFailure("BadInput", `There is no folder ${folder}.`, { cause: error });
  }
}
