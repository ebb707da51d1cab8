import { chmod, open, stat } from "node:fs/promises";
import { join } from "node:path";
import { StepFailure } from "../failure.ts";
import { fewAtATime, FILES_AT_ONCE } from "../few-at-a-time.ts";
import { sync } from "./durable.ts";
import { sha256OfFile } from "./hash.ts";
import { listFiles } from "./list-files.ts";
import { drawUp, MANIFEST, type Manifest, type ManifestFile, manifestText } from "./manifest.ts";
import type { Made } from "./store.ts";

/** Nobody writes into what is committed; the owner may still move and delete it. */
const READ_ONLY = 0o444;

/**
 * Brings every file of a folder to the disk and write-protects it. Returns their manifest, not yet written.
 * Throws BadInput for a link or a device.
 */
export async function settleFiles(folder: string, key: string, made: Made): Promise<Manifest> {
  const { files, folders, others } = await listFiles(folder);
  if (others.length > 0) {
    throw new StepFailure(
      "BadInput",
      `${join(folder, String(others[0]))} is neither a file nor a folder; an artifact holds only these.`,
    );
  }
  const settled = await fewAtATime(files, FILES_AT_ONCE, (name) => settle(folder, name));
  // A file's name is on the disk only when its folder is.
  for (const name of [...folders, ""]) await sync(join(folder, name));
  return drawUp(key, made, settled);
}

async function settle(folder: string, name: string): Promise<ManifestFile> {
  const path = join(folder, name);
  await sync(path);
  await chmod(path, READ_ONLY);
  const { size } = await stat(path);
  return { name, size, sha256: await sha256OfFile(path, size) };
}

/** Writes the manifest, which makes the folder an artifact. Throws if there is one already. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const handle = await open(join(folder, MANIFEST), "wx", READ_ONLY);
  try {
    await handle.writeFile(manifestText(manifest));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await sync(folder);
}
