import { createHash } from "node:crypto";

/**
 * What a vision-language model can be asked, whoever asks: the planner samples, the critic does both.
 * Images travel as absolute paths; nothing here knows of questions or scores.
 */
export type Content =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly image: string };

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: readonly Content[];
}

/** Every sampling setting, explicit: the checkpoint's own generation_config never leaks in. */
export interface Sampling {
  /** 0 means greedy. */
  readonly temperature: number;
  readonly top_p: number;
  /** 0 means off. */
  readonly top_k: number;
  readonly min_p: number;
  readonly repetition_penalty: number;
  readonly max_new_tokens: number;
}

export interface SampleItem {
  readonly messages: readonly Message[];
  /** One per completion wanted. A completion's noise derives from its seed alone, never from its place in a batch. */
  readonly seeds: readonly string[];
}

export interface Completion {
  readonly text: string;
  readonly finish: "stop" | "length";
  readonly tokens: number;
  /**
   * Mean log-probability of the tokens before the end token, from raw logits at temperature 1; of an empty completion
   * (`tokens` 0), the end token's own.
   */
  readonly mean_logprob: number;
  /** Does tokenising `text` again give the ids that were sampled? */
  readonly retokenized_equal: boolean;
  /** All sampled ids, the end token among them if there was one: only where `text` and the usual end do not give them. */
  readonly ids?: readonly number[];
}

export interface SampledItem {
  readonly completions: readonly Completion[];
  /** sha256 over the prompt's token ids and image grids: training must see the same. */
  readonly prompt_digest: string;
}

/**
 * The digest of a prompt, over the same text as python/runners/prompt.py hashes.
 * @param grids patches in time, height and width of its images
 */
export function promptDigest(ids: readonly number[], grids: readonly (readonly [1, number, number])[]): string {
  return createHash("sha256").update(JSON.stringify({ ids, grids })).digest("hex");
}

export interface AnswerItem {
  readonly messages: readonly Message[];
  readonly answer: string;
}

export interface AnswerLogprob {
  readonly tokens: number;
  readonly mean_logprob: number;
  /** Sum over the answer's tokens, its end not among them: exp of it is the probability that an answer begins so. */
  readonly sum_logprob: number;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Called as the work moves on (a micro-batch done); feeds the activity's heartbeat. */
  readonly onProgress: (done: number, total: number) => void;
  /** Called with the micro-batch that a request ended with where it is smaller than was asked: the device had no room. */
  readonly onSmallerBatch?: (size: number) => void;
}

export interface VlmBackend {
  /** Samples every item's completions. Throws typed failures; never returns a default. */
  sample(items: readonly SampleItem[], sampling: Sampling, options: CallOptions): Promise<SampledItem[]>;
  /** Log-probability of given answers. */
  logprob(items: readonly AnswerItem[], options: CallOptions): Promise<AnswerLogprob[]>;
}
