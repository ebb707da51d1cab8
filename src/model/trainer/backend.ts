import type { FailureType } from "../../contract/failures.ts";
import type { Recipe } from "../../recipe/pipelines/index.ts";
import type { Message } from "../vlm/backend.ts";

/** One line of a job's progress on stdout. */
export type JobEvent =
  | {
      readonly event: "progress";
      readonly step: number;
      readonly total: number;
      readonly metrics: Record<string, number>;
    }
  | { readonly event: "checkpoint"; readonly step: number; readonly folder: string }
  /** It has nothing to report yet, and is at work: a large checkpoint is being written. */
  | { readonly event: "alive" }
  | { readonly event: "done"; readonly metrics: Record<string, number> }
  | { readonly event: "error"; readonly type: FailureType; readonly message: string };

/** How the base is loaded, for training as for the merge. Folders are absolute. */
export interface BaseCheckpoint {
  readonly model: string;
  readonly dtype: string;
  readonly attn_implementation: string;
  readonly min_pixels: number;
  readonly max_pixels: number;
}

export interface TrainRequest extends BaseCheckpoint {
  /** A JSON array of PairRow. */
  readonly data: string;
  readonly image_root: string;
  /** The trainer writes `model_lora/` in it, or `model_full/` when training.tuning is full. */
  readonly output: string;
  /** Private folder for checkpoint-N; each is announced by a checkpoint event when it is whole. */
  readonly checkpoints: string;
  readonly resume_from: string | null;
  readonly training: Recipe["training"];
  /** A ZeRO stage by its name, a configuration as its file has it, or none. */
  readonly deepspeed: unknown;
  /** The control: train on the chosen texts alone. */
  readonly sft_only: boolean;
  readonly seed: number;
}

export interface MergeRequest extends BaseCheckpoint {
  readonly adapter: string;
  /** The merge writes `model_merged/` and `canary.json` in it. */
  readonly output: string;
  /** Narrowest first: the first that passes the canary is kept. */
  readonly dtypes: readonly string[];
  readonly canary: { readonly items: readonly (readonly Message[])[] };
}

export interface JobOptions {
  readonly signal: AbortSignal;
  readonly silenceMs: number;
  /** Awaited in order. */
  readonly onEvent: (event: Exclude<JobEvent, { event: "error" | "alive" }>) => void | Promise<void>;
}

/** What makes a policy from pairs. Both return the metrics of the job's last line. */
export interface TrainerBackend {
  train(request: TrainRequest, options: JobOptions): Promise<Record<string, number>>;
  merge(request: MergeRequest, options: JobOptions): Promise<Record<string, number>>;
}
