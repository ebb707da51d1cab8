import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { hostname } from "node:os";
import type { ArtifactRef } from "../contract/artifact.ts";
import { commit } from "./commit.ts";
import { record } from "./descent.ts";
import { inspect } from "./inspect.ts";
import { layoutOf } from "./layout.ts";
import { refOf } from "./manifest.ts";
import { openArtifact, verifyArtifacts } from "./open.ts";
import { removeArtifact } from "./prune.ts";
import { newScratch, sweepScratch } from "./scratch.ts";
import { setAside } from "./set-aside.ts";
import type { ArtifactStore, CommitPoint } from "./store.ts";

export interface LocalStoreOptions {
  /** Called after each part of a commit: the seam at which tests let a process die or a disk run full. */
  readonly reached?: (point: CommitPoint, key: string) => void | Promise<void>;
}

/** A store in a folder, on a local disk or on a file system that several hosts share. */
export function createLocalStore(root: string, options: LocalStoreOptions = {}): ArtifactStore {
  const layout = layoutOf(root, hostname());
  const reached = options.reached ?? (() => undefined);
  let swept: Promise<void> | undefined;
  /** Checks under way: chunks that need the same checkpoint at the same moment hash it once. */
  const opening = new Map<string, Promise<string>>();

  async function find(key: string): Promise<ArtifactRef | undefined> {
    const found = await inspect(layout.artifact(key), key, "sizes");
    if (typeof found === "string") {
      await setAside(layout, key, "sizes");
      return undefined;
    }
    await record(layout, key, found.sha256);
    return refOf(found);
  }

  return {
    find,
    open(ref) {
      const id = `${ref.key} ${ref.sha256}`;
      const opened = opening.get(id) ?? openArtifact(layout, ref).finally(() => opening.delete(id));
      opening.set(id, opened);
      return opened;
    },
    commit: (key, folder, made) => commit({ layout, find, reached }, key, folder, made),
    async scratch(key) {
      await (swept ??= sweepScratch(layout.scratch));
      return newScratch(layout.scratch, key);
    },
    async remove(key) {
      if (existsSync(layout.artifact(key))) await removeArtifact(layout, key, { forget: true });
    },
    discard: (folder) => rm(folder, { recursive: true, force: true }),
    verify: (which) => verifyArtifacts(layout, which),
  };
}
