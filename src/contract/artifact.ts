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

/** What a rollout was sampled from. The reference model of the training is always `base` alone. */
export interface PolicyRef {
  /** Digest of the base checkpoint's files. */
  readonly base: string;
  /** The LoRA adapter's artifact (its folder `model_lora/`); absent for the base policy. */
  readonly adapter?: ArtifactRef;
  /** The checkpoint that a full fine-tuning made of the base (its folder `model_full/`); never beside an adapter. */
  readonly full?: ArtifactRef;
  /** The dtype in which it is served. */
  readonly dtype: string;
}
