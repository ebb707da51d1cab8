import { mkdir, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { ArtifactRef } from "../contract/artifact.ts";
import { asStepFailure, StepFailure } from "../failure.ts";
import { divergence, record } from "./descent.ts";
import { moveInto } from "./durable.ts";
import { artifactKey } from "./key.ts";
import type { Layout } from "./layout.ts";
import { refOf } from "./manifest.ts";
import { settleFiles, writeManifest } from "./seal-folder.ts";
import type { CommitPoint, Made } from "./store.ts";

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
