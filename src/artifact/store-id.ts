import { randomUUID } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isMissing, moveInto, writeWhole } from "./disk.ts";

/**
 * The id of a store, by which hosts can tell whether they see the same one: drawn once, by whoever asks first. It goes
 * with the store when that is moved or copied, and determines nothing that is in it.
 */
export async function storeId(root: string): Promise<string> {
  const place = join(root, "identity");
  for (;;) {
    const known = await read(join(place, FILE));
    if (known !== undefined) return known;
    // A folder, because only a folder's rename lets the first one win, on every file system.
    const draft = join(root, `identity.${randomUUID()}`);
    try {
      await mkdir(draft, { recursive: true });
      await writeWhole(join(draft, FILE), `${randomUUID()}\n`);
      await moveInto(draft, place);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
}

const FILE = "id";

async function read(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
