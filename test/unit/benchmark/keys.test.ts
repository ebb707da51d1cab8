import { expect, test } from "vitest";
import { NOT_OF_SERVING, servingParams } from "../../../src/benchmark/keys.ts";
import type { Serving } from "../../../src/contract/benchmark.ts";
import { forgotten } from "../../support/walk.ts";

const SERVING: Serving = {
  backend: "transformers",
  attn_implementation: "sdpa",
  min_pixels: 1,
  max_pixels: 2,
  max_new_tokens: 3,
  micro_batch: 4,
};

test("all of how a policy is served is in the key of its answers, or said not to be", () => {
  const others = {
    backend: "simulated",
    attn_implementation: "eager",
    min_pixels: 2,
    max_pixels: 3,
    vllm: { max_model_len: 64 },
    server: { address: "http://host:8000/v1", model: "other" },
    max_new_tokens: 4,
    micro_batch: 5,
  } as const;
  expect(forgotten(SERVING, others, servingParams, NOT_OF_SERVING)).toEqual([]);
});
