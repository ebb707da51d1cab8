import type { VllmLimits } from "../contract/vllm.ts";
import type { Simulate } from "../recipe/common.ts";

/** A VLM to be served: which checkpoint, with which adapter, how. `serving` is the digest that every answer must name. */
export interface VlmSpec {
  readonly backend: "transformers" | "vllm" | "onnx" | "simulated";
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
  readonly micro_batch: number;
  readonly silenceMs: number;
  readonly simulate: Simulate;
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
