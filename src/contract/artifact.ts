/**
 * A committed folder in the artifact store, as the workflow history carries it.
 *
 * `key` is the hash of what determines the content (step, parameters, input digests); `sha256` is the digest of
 * what was committed (every file's name, size and sha256); `bytes` is the size of all files; `rows` is the number of
 * records the step counts (questions, samples, pairs, steps: whatever its unit is).
 */
export interface ArtifactRef {
  readonly key: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly rows: number;
}

/** A checkpoint that the user brought: its folder, relative to the worker's root, and the digest of its files. */
export interface ModelFolder {
  readonly folder: string;
  readonly digest: string;
}

/**
 * What is sampled, measured, or trained on: a whole checkpoint, and perhaps an adapter on it.
 *
 * The checkpoint is the user's folder, or one that an earlier stage made (the artifact of a full fine-tuning or of a
 * merge), so that stages chain and a run can start from any of them.
 */
export interface PolicyRef {
  readonly base: ModelFolder | ArtifactRef;
  /** The artifact of a training; its folder `model_lora/` is served unmerged on the base. */
  readonly adapter?: ArtifactRef;
  /** Both as one checkpoint, the artifact of a merge, where that is what is served: it is the same policy. */
  readonly merged?: ArtifactRef;
  /** The dtype in which it is served. */
  readonly dtype: string;
}

/** Is the checkpoint one that a stage made, and not a folder of the user's? */
export function isMade(base: PolicyRef["base"]): base is ArtifactRef {
  return "key" in base;
}
