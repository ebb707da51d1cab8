import type { Measured } from "../../checking/measured.ts";
import type { CheckSampling } from "../../contract/check.ts";
import type { JobReport } from "../../process/protocol.ts";
import type { CommonSettings } from "../../training/common.ts";
import type { Message } from "../vlm/backend.ts";

/** How the base is loaded, for training as for the merge. Folders are absolute. */
export interface BaseCheckpoint {
  readonly model: string;
  readonly dtype: string;
  readonly attn_implementation: string;
  readonly min_pixels: number;
  readonly max_pixels: number;
}

export interface TrainRequest extends BaseCheckpoint {
  /** The algorithm's runner. */
  readonly algorithm: string;
  /** Absolute folder of the checkpoint that it is held to; null for the one that it starts from. */
  readonly reference: string | null;
  /** A JSON array of the algorithm's rows. */
  readonly data: string;
  /** Another one, of rows that nothing is learned from; null where the best checkpoint is not asked for. */
  readonly validation: string | null;
  readonly image_root: string;
  /**
   * The trainer writes `model_lora/` in it, or `model_full/` when settings.tuning is full; with validation also
   * `checkpoint-N/` and `best/`, and `validation.json`.
   */
  readonly output: string;
  /** Private folder for checkpoint-N; each is announced by a checkpoint event when it is whole. */
  readonly checkpoints: string;
  readonly resume_from: string | null;
  readonly settings: CommonSettings & Readonly<Record<string, unknown>>;
  /** A ZeRO stage by its name, a configuration as its file has it, or none. */
  readonly deepspeed: unknown;
  /** Path of the Unix socket that says what a completion is worth; null where the algorithm asks nobody. */
  readonly judge: string | null;
  readonly seed: number;
}

/** What a row asks. */
export interface AskedOfMlx {
  /** Its place among the rows. */
  readonly row: number;
  readonly id: string;
  /** How many images it shows. */
  readonly images: number;
  readonly messages: readonly Message[];
}

/** What of a training is tried before it starts, beside the training itself. */
export interface CheckRequest extends TrainRequest {
  readonly check: {
    /** Rows that are looked at, at most. */
    readonly rows: number;
    readonly answers: "given" | "sampled";
    readonly questions: number;
    readonly completions: number;
    readonly sampling: CheckSampling;
    readonly micro_batch: number;
  };
  /** A checkpoint of MLX that speaks in place of `model`, by its folder or its name; null for none. */
  readonly mlx: string | null;
  /** Rows in all, and what MLX is asked of them: it has no code of ours that reads rows. Empty without MLX. */
  readonly of: number;
  readonly items: readonly AskedOfMlx[];
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
  readonly onEvent: (event: JobReport) => void | Promise<void>;
}

/** What makes a policy from rows, and runs whatever else trains. Training and merge return the metrics of the job's last line. */
export interface TrainerBackend {
  train(request: TrainRequest, options: JobOptions): Promise<Record<string, number>>;
  merge(request: MergeRequest, options: JobOptions): Promise<Record<string, number>>;
  /** Tries a training; null where there is nothing to measure. */
  check(request: CheckRequest, options: JobOptions): Promise<Measured | null>;
  /** A training that is no policy's, by its runner's module, on the first device. */
  job(module: string, request: object, options: JobOptions): Promise<Record<string, number>>;
}
