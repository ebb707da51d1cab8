import { randomUUID } from "node:crypto";
import { copyFile, link, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { codeOf, isMissing, listFiles } from "./disk.ts";
import { MANIFEST } from "./manifest.ts";

/** Answers of file systems that have no hard links, or none to here; FUSE's and network ones have their own words. */
const NO_LINK: ReadonlySet<unknown> = new Set([
  "EXDEV",
  "EPERM",
  "EACCES",
  "EMLINK",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EIO",
  "EINVAL",
]);

/** Shows an artifact's files (not its manifest) below `to`, as hard links or, across file systems, as copies. */
export async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of (await listFiles(from)).files)
    if (name !== MANIFEST) await linkFile(join(from, name), join(to, name));
}

/** Shows one file under another name; what was there is replaced in one step. */
export async function linkFile(from: string, to: string): Promise<void> {
  if (await isSameFile(from, to)) return;
  await mkdir(dirname(to), { recursive: true });
  const draft = `${to}.${randomUUID()}.draft`;
  try {
    await link(from, draft).catch(async (error: unknown) => {
      if (!NO_LINK.has(codeOf(error))) throw error;
      await copyFile(from, draft);
    });
    await rename(draft, to);
  } finally {
    await rm(draft, { force: true });
  }
}

/** rename(2) between two links to one file does nothing at all, so that case is left out beforehand. */
async function isSameFile(from: string, to: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([stat(from), stat(to)]);
    return a.ino === b.ino && a.dev === b.dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
