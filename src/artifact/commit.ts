import { chmod, mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ArtifactRef } from "../contract/artifact.ts";
import { asStepFailure, StepFailure } from "../failure.ts";
import { divergence, record } from "./descent.ts";
import { listFiles, moveInto, sync } from "./disk.ts";
import { artifactKey } from "./key.ts";
import type { Layout } from "./layout.ts";
import { drawUp, type Manifest, MANIFEST, type ManifestFile, manifestText, refOf } from "./manifest.ts";
import type { CommitPoint, Made } from "./store.ts";
import { fewAtATime, FILES_AT_ONCE } from "../few-at-a-time.ts";
import { sha256OfFile } from "./digest.ts";

export interface CommitParts {
  readonly layout: Layout;
  readonly find: (key: string) => Promise<ArtifactRef | undefined>;
  readonly reached: (point: CommitPoint, key: string) => void | Promise<void>;
}

/**
 * Files first, then the manifest, then the rename, then the record. A process that dies before the rename leaves only
 * scratch; one that dies after it leaves a whole artifact, whose record the next `find` writes.
 */
export async function commit(parts: CommitParts, key: string, folder: string, made: Made): Promise<ArtifactRef> {
  if (artifactKey(made) !== key) {
    throw new StepFailure(
      "BadInput",
      `${key} is not the key of the recipe that it is committed with (step "${made.step}").`,
    );
  }
  try {
    return await commitFolder(parts, key, folder, made);
  } catch (error) {
    throw asStepFailure(error, "Infrastructure");
  }
}

async function commitFolder({ layout, find, reached }: CommitParts, key: string, folder: string, made: Made) {
  const manifest = await settleFiles(folder, key, made);
  await reached("files", key);
  await writeManifest(folder, manifest);
  await reached("manifest", key);

  // Asked before the search for the winner: who diverges from a winner that still stands has merely lost.
  const diverged = await divergence(layout, key, manifest.sha256);
  await mkdir(dirname(layout.artifact(key)), { recursive: true });
  for (;;) {
    const winner = await find(key);
    if (winner) {
      await rm(folder, { recursive: true });
      return winner;
    }
    if (diverged) throw diverged;
    if (await moveInto(folder, layout.artifact(key))) break;
  }
  await reached("placed", key);
  await record(layout, key, manifest.sha256);
  await reached("recorded", key);
  return refOf(manifest);
}

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
