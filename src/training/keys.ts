import type { Reasons } from "../determining.ts";
import type { MergeRequest, TrainRequest } from "../model/trainer/backend.ts";
import { algorithmOf } from "./index.ts";

/**
 * What of a trainer's requests belongs into the keys of what it makes. A request is its settings and the folders of
 * this attempt; a field that is not said here to determine nothing is a setting, and so in the key.
 */

export const NOT_OF_TRAININGS = {
  model: "the digest of what the training starts from is an input",
  reference: "its digest is an input",
  data: "the rows' digests are inputs",
  validation: "the rows' digest is an input",
  image_root: "where images lie; which they are, the digests beside the rows say",
  output: "a folder of the attempt",
  checkpoints: "a folder of the attempt",
  judge: "where the worker listens; what it answers, the rewards in the settings say",
  resume_from: "where an earlier attempt came to",
} as const satisfies Reasons<TrainRequest>;
export type TrainSettings = Omit<TrainRequest, keyof typeof NOT_OF_TRAININGS>;

/** Of a trained adapter or checkpoint. */
export function trainParams({ settings, deepspeed, ...rest }: TrainSettings): object {
  return { ...rest, settings: algorithmOf(rest.algorithm).keyed(settings), deepspeed };
}

export const NOT_OF_MERGES = {
  model: "the base's digest is an input",
  adapter: "its digest is an input",
  output: "a folder of the attempt",
  canary: "its prompts are the first that the adapter was trained on, and their number is in the key",
} as const satisfies Reasons<MergeRequest>;
export type MergeSettings = Omit<MergeRequest, keyof typeof NOT_OF_MERGES>;

/**
 * Of a merged checkpoint.
 * @param prompts how many prompts its canary compares
 */
export function mergeParams(settings: MergeSettings, prompts: number): object {
  return { ...settings, canary: prompts };
}
