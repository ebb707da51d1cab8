/** What is measured: checkpoints, and how much is asked of them. */
export interface Size {
  readonly name: "real" | "toy";
  /** Absolute folders. */
  readonly planner: string;
  readonly critic: string;
  readonly klein: string;
  readonly dtype: string;
  /** Of an image as the models see it. */
  readonly pixels: number;
  /** Along the side of a given image, and of a view. */
  readonly side: number;
  /** Characters of a question's text. */
  readonly text: number;
  /** Of a prompt and its completion, for vLLM. */
  readonly max_model_len: number;
  /** GiB for vLLM's keys and values; null for what its share of the memory leaves. */
  readonly cache_gib: number | null;
  readonly completions: number;
  readonly max_new_tokens: number;
  /** Questions a chunk, and sequences under way at once. */
  readonly questions: number;
  readonly micro_batch: number;
  readonly pairs: { readonly batch: number; readonly accumulation: number; readonly steps: number };
  readonly lora_rank: number;
}

/** The pilot's: a shard is 340 questions with 8 completions each. */
export const SHARD = 340;

/** The shapes of the field's checkpoints, with random weights: a completion is as long as it may be. */
export function realSize(folder: string): Size {
  return {
    name: "real",
    planner: `${folder}/planner`,
    critic: `${folder}/critic`,
    klein: `${folder}/klein`,
    dtype: "bfloat16",
    pixels: 640 * 640,
    side: 1024,
    text: 600,
    max_model_len: 4096,
    cache_gib: null,
    completions: 8,
    max_new_tokens: 256,
    questions: 20,
    micro_batch: 160,
    pairs: { batch: 2, accumulation: 8, steps: 8 },
    lora_rank: 64,
  };
}

/** The shipped toy models, for hosts without a GPU: the same code, and numbers that say nothing of a GPU. */
export function toySize(project: string): Size {
  return {
    name: "toy",
    planner: `${project}demo/snowball/planner`,
    critic: `${project}demo/snowball/planner`,
    klein: `${project}demo/snowball/flux`,
    dtype: "float32",
    pixels: 128 * 128,
    side: 128,
    text: 120,
    max_model_len: 512,
    cache_gib: 0.25,
    completions: 8,
    max_new_tokens: 64,
    questions: 20,
    micro_batch: 160,
    pairs: { batch: 8, accumulation: 1, steps: 24 },
    lora_rank: 16,
  };
}
