import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { StepFailure } from "../failure.ts";
import { canonicalDigest } from "./canonical-json.ts";
import { lookOf } from "./digest-file.ts";
import { isMissing } from "./durable.ts";
import { sha256OfFile } from "./hash.ts";

const known = new Map<string, { fingerprint: string; digest: Promise<string> }>();

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
  const seen = known.get(path);
  if (seen?.fingerprint === fingerprint) return seen.digest;
  const digest = digestOf(path, files);
  known.set(path, { fingerprint, digest });
  digest.catch(() => known.delete(path));
  return digest;
}

type Entry = readonly [name: string, look: string];

async function digestOf(path: string, files: readonly Entry[]): Promise<string> {
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
