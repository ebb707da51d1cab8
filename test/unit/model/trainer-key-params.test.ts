import { expect, test } from "vitest";
import type { MergeRequest, TrainRequest } from "../../../src/model/trainer/backend.ts";
import {
  mergeParams,
  type MergeSettings,
  NOT_OF_MERGES,
  NOT_OF_TRAININGS,
  trainParams,
  type TrainSettings,
} from "../../../src/model/trainer/key-params.ts";
import { SEEN_BEFORE } from "../../../src/recipe/key-params.ts";
import { trainingParams } from "../../../src/recipe/training-params.ts";
import { shipped } from "../../support/recipe.ts";
import { forgotten } from "../../support/walk.ts";

const { training } = shipped("snowball.full.yaml");
const TRAIN: TrainSettings = {
  ...SEEN_BEFORE,
  dtype: "bfloat16",
  training,
  deepspeed: null,
  sft_only: false,
  seed: 0,
};
const MERGE: MergeSettings = { ...SEEN_BEFORE, dtype: "bfloat16", dtypes: ["bfloat16", "float32"] };
const SEEN = { dtype: "float32", attn_implementation: "eager", min_pixels: 1, max_pixels: 2 };

test("every setting of a training's request is in the training's key", () => {
  const others = { ...SEEN, training: { ...training, beta: 0.5 }, deepspeed: { a: 1 }, sft_only: true, seed: 1 };
  expect(forgotten(TRAIN, others, trainParams, {})).toEqual([]);
});

test("every setting of a merge's request is in the merge's key", () => {
  expect(forgotten(MERGE, { ...SEEN, dtypes: ["float32"] }, (each) => mergeParams(each, 4), {})).toEqual([]);
  expect(mergeParams(MERGE, 4)).not.toEqual(mergeParams(MERGE, 5));
});

test("what else a request has is said to determine nothing: folders, and what is an input", () => {
  const train: Record<Exclude<keyof TrainRequest, keyof TrainSettings>, string> = NOT_OF_TRAININGS;
  const merge: Record<Exclude<keyof MergeRequest, keyof MergeSettings>, string> = NOT_OF_MERGES;
  for (const reason of [...Object.values(train), ...Object.values(merge)]) expect(reason).not.toBe("");
});

test("stores from before are found again, unless attention or pixel limits were others than a recipe's defaults", () => {
  const before = { training: trainingParams(training), sft_only: false, seed: 0, dtype: "bfloat16" };
  expect(trainParams(TRAIN)).toStrictEqual(before);
  expect(trainParams({ ...TRAIN, deepspeed: "zero2" })).toStrictEqual(before); // training.deepspeed says it already
  expect(trainParams({ ...TRAIN, max_pixels: 7 })).toStrictEqual({ ...before, max_pixels: 7 });
  const merged = { dtypes: MERGE.dtypes, canary: 4, serving: "bfloat16" };
  expect(mergeParams(MERGE, 4)).toStrictEqual(merged);
  expect(mergeParams({ ...MERGE, attn_implementation: "eager" }, 4)).toStrictEqual({
    ...merged,
    attn_implementation: "eager",
  });
});
