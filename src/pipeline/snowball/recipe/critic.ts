import { z } from "zod";
import { server } from "../../../recipe/parts/server.ts";
import { vllmFrozen } from "../../../recipe/parts/vllm.ts";
import { attention, dtype, path, pixelLimits } from "../../../recipe/parts/fields.ts";

/** Tokens: an answer, not an essay; only the answer's tokens are scored. */
const MAX_NEW_TOKENS = 32;
/** Prompts at once, each with the given images and five views: 120,000 tokens, for an 8B model 18 GB of keys and values. */
const MICRO_BATCH = 16;

/** A frozen model that answers questions. `critic` gives the scores; `evaluator` measures and should be another model. */
const answerer = z.strictObject({
  backend: z.enum(["transformers", "vllm", "openai", "onnx", "simulated"]).describe("Who answers"),
  model: path.describe("The checkpoint's folder, relative to the worker's root"),
  dtype: dtype.describe("The dtype in which it is served"),
  attn_implementation: attention.describe("The attention kernel"),
  ...pixelLimits,
  vllm: vllmFrozen,
  server,
  max_new_tokens: z.int().min(1).default(MAX_NEW_TOKENS).describe("Longest answer"),
  micro_batch: z
    .int()
    .min(1)
    .default(MICRO_BATCH)
    .describe("Prompts answered at once; halved where a GPU is too small"),
});

export const critic = answerer.describe("Scores the views by how it answers with and without them");
export const evaluator = answerer.describe("Answers held-out questions; best another model than the critic");
