import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isMissing } from "../artifact/disk.ts";

/** What a repository has in a large file's place until it is fetched. */
const LFS_POINTER = "version https://git-lfs.github.com/spec/";

/** Names in a folder; undefined where there is none. */
export async function namesIn(folder: string): Promise<Set<string> | undefined> {
  try {
    return new Set(await readdir(folder));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The first file that is none: a link of a download cache whose target is gone, or a pointer to what was not fetched. */
export async function fileProblem(folder: string, names: Iterable<string>): Promise<string | undefined> {
  for (const name of [...names].toSorted()) {
    if (name.startsWith(".")) continue;
    const path = join(folder, name);
    try {
      if ((await stat(path)).isFile() && (await startOf(path)) === LFS_POINTER) {
        return `is not complete: ${name} is a Git LFS pointer, not the file itself; run \`git lfs pull\` in it, or fetch the checkpoint again`;
      }
    } catch (error) {
      if (!isMissing(error)) throw error;
      return `is not complete: ${name} is a link that leads nowhere; fetch the checkpoint again`;
    }
  }
  return undefined;
}

async function startOf(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LFS_POINTER.length), 0, LFS_POINTER.length, 0);
    return buffer.toString("latin1", 0, bytesRead);
  } finally {
    await handle.close();
  }
}
