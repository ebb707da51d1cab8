import type { ArtifactRef, PolicyRef } from "./artifact.ts";
import type { RunRef } from "./run.ts";

/** Rows to train on, and the digest of the policy that sampled them; null for a file of the user's own. */
export interface TrainData {
  readonly ref: ArtifactRef;
  readonly sampledBy: string | null;
}

/** How a checkpoint is loaded for training. */
export interface Loading {
  readonly dtype: string;
  readonly attn_implementation: string;
  readonly min_pixels: number;
  readonly max_pixels: number;
}

/** What makes a policy from data, whichever the algorithm: all of it determines what comes out. */
export interface TrainJob {
  /** A file of src/training. */
  readonly algorithm: string;
  /** Where it starts: a whole checkpoint. One with an adapter is merged first. */
  readonly init: PolicyRef;
  /** What it is held to, where the algorithm has a reference; `init` when absent. */
  readonly reference?: PolicyRef;
  readonly data: readonly TrainData[];
  /** Rows of the same kind that nothing is learned from: the best of the training's checkpoints is found by them. */
  readonly validation?: ArtifactRef;
  /** Where the rows' image names start, relative to the worker's root. */
  readonly images: string;
  readonly loading: Loading;
  /** The algorithm's own, parsed by its schema. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly seed: number;
}

export interface TrainInput {
  readonly run: RunRef;
  /** What people call it: "iteration 2 of 5 (iter_1)". */
  readonly title: string;
  readonly job: TrainJob;
}

export interface Trained {
  readonly policy: PolicyRef;
  readonly digest: string;
  /** Means over the last steps: loss and whatever the algorithm reports. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Sentences about what the numbers of the training mean. */
  readonly warnings?: readonly string[];
}

export interface MergeInput {
  readonly run: RunRef;
  readonly title: string;
  /** With an adapter, which is merged into its base. */
  readonly policy: PolicyRef;
  /** The job that trained the adapter: its rows' prompts are what merged, adapter and base are compared on. */
  readonly job: Pick<TrainJob, "algorithm" | "data" | "images" | "loading" | "settings">;
}
