import { expect, test } from "vitest";
import type { MergeRequest, TrainRequest } from "../../../src/model/trainer/backend.ts";
import {
  mergeParams,
  type MergeSettings,
  NOT_OF_MERGES,
  NOT_OF_TRAININGS,
  trainParams,
  type TrainSettings,
} from "../../../src/training/keys.ts";
import { shipped } from "../../support/recipe.ts";
import { forgotten } from "../../support/walk.ts";

const { training } = shipped("snowball.full.yaml");
const LOADING = { dtype: "bfloat16", attn_implementation: "sdpa", min_pixels: 3, max_pixels: 4 };
const own = { ...training, sft_only: false };
const TRAIN: TrainSettings = { ...LOADING, algorithm: "dpo", settings: own, deepspeed: null, seed: 0 };
const MERGE: MergeSettings = { ...LOADING, dtypes: ["bfloat16", "float32"] };
const OTHER_LOADING = { dtype: "float32", attn_implementation: "eager", min_pixels: 1, max_pixels: 2 };

test("every setting of a training's request is in the training's key", () => {
  const settings = { ...own, beta: 0.5 };
  const { algorithm: _, ...others } = { ...OTHER_LOADING, algorithm: "dpo", settings, deepspeed: { a: 1 }, seed: 1 };
  expect(
    forgotten<Omit<TrainSettings, "algorithm">>(
      TRAIN,
      others,
      (each) => trainParams({ ...each, algorithm: "dpo" }),
      {},
    ),
  ).toEqual([]);
  expect(trainParams(TRAIN)).toMatchObject({ algorithm: "dpo" });
});

test("every setting of a merge's request is in the merge's key", () => {
  const others = { ...OTHER_LOADING, dtypes: ["float32"] };
  expect(forgotten(MERGE, others, (each) => mergeParams(each, 4), {})).toEqual([]);
  expect(mergeParams(MERGE, 4)).not.toEqual(mergeParams(MERGE, 5));
});

test("what else a request has is said to determine nothing: folders, and what is an input", () => {
  const train: Record<Exclude<keyof TrainRequest, keyof TrainSettings>, string> = NOT_OF_TRAININGS;
  const merge: Record<Exclude<keyof MergeRequest, keyof MergeSettings>, string> = NOT_OF_MERGES;
  for (const reason of [...Object.values(train), ...Object.values(merge)]) expect(reason).not.toBe("");
});

test("a DeepSpeed configuration counts by what is in it, a stage by its name, and a file's name not at all", () => {
  const named = (deepspeed: string) => ({ ...TRAIN, settings: { ...own, deepspeed } });
  const config = { zero_optimization: { stage: 2 } };
  const of = (deepspeed: string, content: unknown) => trainParams({ ...named(deepspeed), deepspeed: content });
  expect(of("a.json", config)).toEqual(of("b.json", config));
  expect(of("a.json", config)).not.toEqual(of("a.json", {}));
  expect(of("zero2", "zero2")).not.toEqual(of("zero3", "zero3"));
  expect(of("zero2", "zero2")).not.toEqual(trainParams(TRAIN));
});
