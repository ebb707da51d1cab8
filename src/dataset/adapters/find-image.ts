import { lstat, realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { isMissing } from "../../artifact/disk.ts";
import { refusal } from "../../image/read-given.ts";

/** A file that a row names. */
export interface FoundImage {
  /** Absolute, with every link followed. */
  readonly path: string;
  /** Its name under the folder of the images, as the disk spells it. */
  readonly name: string;
}

/** A snapshot in a download cache of the hub: its files are links into `blobs`, beside `snapshots`. */
const SNAPSHOT = /^(.*)\/snapshots\/[^/]+(?:\/.*)?$/;

/**
 * Finds the file of an image's name. A text says why there is none, as the end of a sentence that begins with its name.
 * @param root real path of the folder of the images
 */
export async function findImage(root: string, name: string): Promise<FoundImage | string> {
  try {
    const spelt = await spellingOf(root, name);
    const path = await realpath(join(root, spelt));
    return (await belongs(root, spelt, path))
      ? { path, name: spelt }
      : "is outside data.image_root; put the file itself into it";
  } catch (error) {
    return refusal(error);
  }
}

/**
 * May this file be read by this name? Followed through links, because a link is how a name that looks harmless leaves
 * the folder. Folders of the user's may be links, and so may files of a snapshot be, whose bytes lie in the same cache.
 */
async function belongs(root: string, name: string, path: string): Promise<boolean> {
  if (path.startsWith(root + sep)) return true;
  const folder = await realpath(dirname(join(root, name)));
  if (dirname(path) === folder) return true;
  const cache = SNAPSHOT.exec(folder)?.[1];
  return cache !== undefined && dirname(path) === join(cache, "blobs");
}

/**
 * A name as the disk spells it. An accent is one character or two (NFC, NFD): rows and files from different systems
 * differ in that, and most disks take the two for two names. A name that is not there in any spelling stays as it is.
 */
export async function spellingOf(root: string, name: string): Promise<string> {
  if (name.normalize("NFD") === name.normalize("NFC")) return name;
  let spelt = "";
  for (const part of name.split("/")) {
    const found = await firstThere(
      root,
      [part, part.normalize("NFC"), part.normalize("NFD")].map((each) => join(spelt, each)),
    );
    if (found === undefined) return name;
    spelt = found;
  }
  return spelt;
}

async function firstThere(root: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of new Set(names)) {
    try {
      await lstat(join(root, name));
      return name;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}
