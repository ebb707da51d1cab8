import type { DeviceLease } from "../device/pool.ts";
import type { ImageBackend } from "./image/backend.ts";
import type { TrainerBackend } from "./trainer/backend.ts";
import type { CallOptions, VlmBackend } from "./vlm/backend.ts";
import type { Recipe } from "../recipe/pipelines/index.ts";

/** A VLM to be served: which checkpoint, with which adapter, how. `serving` is the digest that every answer must name. */
export interface VlmSpec {
  readonly backend: "transformers" | "onnx" | "simulated";
  readonly serving: string;
  /** Absolute folders. */
  readonly model: string;
  readonly adapter: string | null;
  readonly dtype: string;
  readonly attn_implementation: string;
  readonly min_pixels: number;
  readonly max_pixels: number;
  readonly micro_batch: number;
  readonly silenceMs: number;
  readonly simulate: Recipe["simulate"];
}

export interface ExecutorSpec {
  readonly backend: Recipe["executor"]["backend"];
  readonly width: number;
  readonly height: number;
  readonly simulate: Recipe["simulate"];
}

/** Gives the steps a model on a leased device, whichever backend plays the role. */
export interface Models {
  withVlm<T>(
    role: "rollout" | "score",
    spec: VlmSpec,
    options: CallOptions & Waiting,
    use: (vlm: VlmBackend) => Promise<T>,
  ): Promise<T>;
  withExecutor<T>(
    spec: ExecutorSpec,
    options: CallOptions & Waiting,
    use: (executor: ImageBackend) => Promise<T>,
  ): Promise<T>;
  withTrainer<T>(
    backend: Recipe["training"]["backend"],
    simulate: Recipe["simulate"],
    options: CallOptions & Waiting,
    use: (trainer: TrainerBackend, lease: DeviceLease) => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}

export interface Waiting {
  /** Called while the step waits for a free device, so that its heartbeat says so. */
  readonly onWaiting: () => void;
}
