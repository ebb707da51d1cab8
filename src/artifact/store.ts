import type { ArtifactRef } from "../contract/artifact.ts";
import type { ArtifactRecipe } from "./key.ts";

/** What a committed folder says about itself: its recipe, its number of records, and notes that change no digest. */
export interface Made extends ArtifactRecipe {
  /** Records, in the step's own unit. */
  readonly rows: number;
  /** Whatever should be known later (library versions, batch size, device); JSON, without times, hosts or paths. */
  readonly notes?: Readonly<Record<string, unknown>>;
}

/** What `verify` found out about one artifact. */
export interface Verified {
  readonly key: string;
  readonly bytes: number;
  /** One sentence; absent when every byte is as committed. */
  readonly problem?: string;
}

/** Committed folders by key. Local folders and object storage look the same from here. */
export interface ArtifactStore {
  /** The committed artifact of this key, if it is whole. What is torn is set aside and counts as absent. */
  find(key: string): Promise<ArtifactRef | undefined>;
  /** Absolute path of the artifact's folder, its bytes checked. Throws ArtifactLost. The files are read-only. */
  open(ref: ArtifactRef): Promise<string>;
  /** Makes a scratch folder the artifact of `key`, or drops it if another attempt was first. Throws Diverged, DiskFull. */
  commit(key: string, folder: string, made: Made): Promise<ArtifactRef>;
  /** A new empty folder, private to this attempt, to build the artifact of `key` in. */
  scratch(key: string): Promise<string>;
  /** Drops a scratch folder whose attempt failed. */
  discard(folder: string): Promise<void>;
  /** Removes an artifact that nothing was built on and nobody will ask for again. An absent one is no news. */
  remove(key: string): Promise<void>;
  /** Hashes every byte of the named artifacts, or of all. Broken ones are set aside if asked, to be made again. */
  verify(options: { setAside: boolean; keys?: readonly string[] }): AsyncIterable<Verified>;
}

/** The moments of a commit after which a process can die. */
export type CommitPoint = "files" | "manifest" | "placed" | "recorded";
