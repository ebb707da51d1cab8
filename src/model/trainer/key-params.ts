import { type Reasons, unlessBefore } from "../../artifact/determining.ts";
import { SEEN_BEFORE } from "../../recipe/key-params.ts";
import { trainingParams } from "../../recipe/training-params.ts";
import type { MergeRequest, TrainRequest } from "./backend.ts";

/**
 * What of a trainer's requests belongs into the keys of what it makes. A request is its settings and the folders of
 * this attempt; a field that is not said here to determine nothing is a setting, and so in the key.
 */

export const NOT_OF_TRAININGS = {
  model: "the base's digest is an input",
  data: "the pairs' digests are inputs",
  image_root: "where images lie; which they are, the pairs say",
  output: "a folder of the attempt",
  checkpoints: "a folder of the attempt",
  resume_from: "where an earlier attempt came to",
} as const satisfies Reasons<TrainRequest>;
export type TrainSettings = Omit<TrainRequest, keyof typeof NOT_OF_TRAININGS>;

/** Of a trained adapter or checkpoint. */
export function trainParams(settings: TrainSettings): object {
  const { training, deepspeed, sft_only, seed, dtype, ...seen } = settings;
  // A configuration counts by its content; a stage's name is the recipe's own.
  const configured = typeof deepspeed === "object" && deepspeed !== null ? { deepspeed } : {};
  return {
    training: { ...trainingParams(training), ...configured },
    sft_only,
    seed,
    dtype,
    ...unlessBefore(seen, SEEN_BEFORE),
  };
}

export const NOT_OF_MERGES = {
  model: "the base's digest is an input",
  adapter: "its digest is an input",
  output: "a folder of the attempt",
  canary: "its questions are an input, and their number is in the key",
} as const satisfies Reasons<MergeRequest>;
export type MergeSettings = Omit<MergeRequest, keyof typeof NOT_OF_MERGES>;

/**
 * Of a merged checkpoint.
 * @param prompts how many prompts its canary compares
 */
export function mergeParams(settings: MergeSettings, prompts: number): object {
  const { dtypes, dtype, ...seen } = settings;
  return { dtypes, canary: prompts, serving: dtype, ...unlessBefore(seen, SEEN_BEFORE) };
}
