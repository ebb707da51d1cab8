import type { Closable } from "../device/server-pool.ts";
import type { ImageBackend } from "./image/backend.ts";
import type { AskedOfVlm } from "./server-names.ts";
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

/** A VLM that is loaded and waits. Those who use it differ at most in what goes with each request. */
export interface WarmVlm extends Closable {
  speak(spec: Pick<VlmSpec, "serving" | "simulate"> & AskedOfVlm): VlmBackend;
}

/** An executor that works in this process. */
export interface DrawingSpec {
  readonly backend: Exclude<Recipe["executor"]["backend"], EditorSpec["backend"]>;
  readonly width: number;
  readonly height: number;
  readonly simulate: Recipe["simulate"];
}

/** An image editor to be served: which checkpoint, how. `serving` is the digest that every answer must name. */
export interface EditorSpec {
  readonly backend: "flux2-klein";
  readonly serving: string;
  /** Absolute folder. */
  readonly model: string;
  readonly dtype: string;
  readonly offload: Recipe["executor"]["offload"];
  readonly micro_batch: number;
  /** What shapes every view, sent with each request. */
  readonly settings: Pick<
    Recipe["executor"],
    "width" | "height" | "num_inference_steps" | "guidance_scale" | "max_input_pixels"
  >;
  readonly silenceMs: number;
}

export type ExecutorSpec = DrawingSpec | EditorSpec;

/** Who trains, on how many devices at once. */
export interface TrainerSpec {
  readonly backend: Recipe["training"]["backend"];
  readonly devices: number;
  readonly simulate: Recipe["simulate"];
}

/** Gives the steps a model on a leased device, whichever backend plays the role. */
export interface Models {
  withVlm<T>(
    role: "rollout" | "score",
    spec: VlmSpec,
    options: CallOptions & Waiting & Used,
    use: (vlm: VlmBackend) => Promise<T>,
  ): Promise<T>;
  withExecutor<T>(
    spec: ExecutorSpec,
    options: CallOptions & Waiting & Used,
    use: (executor: ImageBackend) => Promise<T>,
  ): Promise<T>;
  withTrainer<T>(
    spec: TrainerSpec,
    options: CallOptions & Waiting,
    use: (trainer: TrainerBackend) => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}

export interface Waiting {
  /** Called while the step waits for a free device, so that its heartbeat says so. */
  readonly onWaiting: () => void;
}

/** Whose model it is: a run's next planner replaces its last, and nothing of another run. */
export interface Used {
  readonly by: { readonly run: string; readonly as: "planner" | "executor" | "critic" | "evaluator" };
}
