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
  readonly image_root: string;
  /** The trainer writes `model_lora/` in it, or `model_full/` when settings.tuning is full. */
  readonly output: string;
  /** Private folder for checkpoint-N; each is announced by a checkpoint event when it is whole. */
  readonly checkpoints: string;
  readonly resume_from: string | null;
  readonly settings: CommonSettings & Readonly<Record<string, unknown>>;
  /** A ZeRO stage by its name, a configuration as its file has it, or none. */
  readonly deepspeed: unknown;
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
  readonly onEvent: (event: JobReport) => void | Promise<void>;
}

/** What makes a policy from rows, and runs whatever else trains. All return the metrics of the job's last line. */
export interface TrainerBackend {
  train(request: TrainRequest, options: JobOptions): Promise<Record<string, number>>;
  merge(request: MergeRequest, options: JobOptions): Promise<Record<string, number>>;
  /** A training that is no policy's, by its runner's module, on the first device. */
  job(module: string, request: object, options: JobOptions): Promise<Record<string, number>>;
}
