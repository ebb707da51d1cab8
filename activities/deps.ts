import type { Logger } from "pino";
import type { ArtifactStore } from "../src/artifact/store.ts";
import type { Permission } from "../src/contract/permissions.ts";
import type { Models } from "../src/model/models.ts";

/** What the steps receive: real parts in a worker, others in tests. */
export interface ActivityDeps {
  /** Folder that the recipe's paths start from. */
  readonly root: string;
  /** Folder of run folders, relative to `root`. */
  readonly results: string;
  /** Folder for what belongs to this host: run names and their timestamps. */
  readonly state: string;
  readonly store: ArtifactStore;
  readonly models: Models;
  /** What recipes may ask of this worker beside its steps. */
  readonly allowed: readonly Permission[];
  /** Does the namespace know our search attributes? */
  readonly searchAttributes: boolean;
  readonly log: Logger;
}
