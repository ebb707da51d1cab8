import type { VllmLimits } from "../contract/vllm.ts";
import type { Simulate } from "../recipe/common.ts";

/** A VLM to be served: which checkpoint, with which adapter, how. `serving` is the digest that every answer must name. */
export interface VlmSpec {
  readonly backend: "transformers" | "vllm" | "openai" | "onnx" | "simulated";
  readonly serving: string;
  /** Absolute folders. */
  readonly model: string;
  readonly adapter: string | null;
  readonly dtype: string;
  readonly attn_implementation: string;
  readonly min_pixels: number;
  readonly max_pixels: number;
  /** What vLLM is started with, where the backend is vllm. */
  readonly vllm: VllmLimits | null;
  /** Who answers, where the backend is openai. */
  readonly server: ServerSpec | null;
  readonly micro_batch: number;
  readonly silenceMs: number;
  readonly simulate: Simulate;
}

/** A server of the user's own, and what is asked of it. */
export interface ServerSpec {
  /** "http://host:8000/v1". */
  readonly address: string;
  /** What the checkpoint is called there. */
  readonly model: string;
  /** Is it one that the run has made? Then that name is its digest. */
  readonly made: boolean;
  /** What the server says that it loaded, where the recipe says so. */
  readonly root: string | undefined;
  /** The environment variable with its key. */
  readonly key: string | null;
  readonly inFlight: number;
  readonly timeoutMs: number;
  readonly patienceMs: number;
  /** What whoever asks cannot do without: the words; how likely they were; which tokens, too, to train on them. */
  readonly needs: "text" | "logprobs" | "ids";
}

/** An executor that works in this process. */
export interface DrawingSpec {
  readonly backend: "scene-renderer" | "simulated";
  readonly width: number;
  readonly height: number;
  readonly simulate: Simulate;
}

/** An image editor to be served: which checkpoint, how. `serving` is the digest that every answer must name. */
export interface EditorSpec {
  readonly backend: "flux2-klein";
  readonly serving: string;
  /** Absolute folder. */
  readonly model: string;
  readonly dtype: string;
  readonly offload: "none" | "model" | "sequential";
  readonly micro_batch: number;
  /** What shapes every view, sent with each request. */
  readonly settings: {
    readonly width: number;
    readonly height: number;
    readonly num_inference_steps: number;
    readonly guidance_scale: number;
    readonly max_input_pixels: number;
  };
  readonly silenceMs: number;
}

export type ExecutorSpec = DrawingSpec | EditorSpec;
