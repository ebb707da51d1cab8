import { expect, test } from "vitest";
import { NOT_OF_EMBEDDINGS } from "../../../../activities/pointer-selector/embed.ts";
import { criticParams } from "../../../../activities/pointer-selector/ground.ts";
import { determining } from "../../../../src/determining.ts";
import type { Recipe } from "../../../../src/pipeline/pointer-selector/recipe.ts";
import { shipped } from "../../../support/recipe.ts";
import { forgotten } from "../../../support/walk.ts";

const recipe = shipped("pointer-selector.demo.yaml") as unknown as Recipe;

const keyOf = (each: Recipe["embedding"]) => determining(each, NOT_OF_EMBEDDINGS);

test("everything that says how examples are embedded is in the key of their vectors", () => {
  const others: Recipe["embedding"] = {
    backend: "clip-onnx",
    model: "another",
    dtype: "float16",
    attn_implementation: "eager",
    micro_batch: 1,
  };
  expect(forgotten(recipe.embedding, others, keyOf, NOT_OF_EMBEDDINGS)).toEqual([]);
});

test("everything that says how the critic answers is in the keys of beams and answers", () => {
  const others = {
    backend: "simulated",
    model: "another",
    dtype: "float16",
    attn_implementation: "eager",
    min_pixels: 1,
    max_pixels: 2,
    max_new_tokens: 3,
    micro_batch: 1,
    vllm: { max_model_len: 64, memory_share: 0.5, tensor_parallel_size: 2 },
  } as const;
  const reasons = {
    micro_batch: "each for itself",
    vllm: "nothing is cut",
    model: "its digest",
    dtype: "in its digest",
  };
  const key = (critic: Recipe["critic"]) => criticParams({ ...recipe, critic });
  expect(forgotten(recipe.critic, others, key, reasons)).toEqual([]);
});
