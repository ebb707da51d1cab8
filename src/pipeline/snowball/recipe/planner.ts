import { z } from "zod";
import { server } from "../../../recipe/parts/server.ts";
import { vllmPolicies } from "../../../recipe/parts/vllm.ts";
import { attention, dtype, path, pixelLimits } from "../../../recipe/parts/fields.ts";

/** Completions a question: pairs need spread; 8 is what group-based methods of the field sample. */
const NUM_ROLLOUTS = 8;
/** Warm enough that equal questions get different instructions, cool enough that most of them parse. */
const TEMPERATURE = 0.9;
/** Cuts the tail that temperature lifts. */
const TOP_P = 0.95;
/** Tokens: a thinking part and five instructions take about 300. */
const MAX_NEW_TOKENS = 512;
/** Views a completion: each costs an image generation. */
const MAX_INSTRUCTIONS = 5;
/**
 * Completions at once: those of eight questions, about 20 GB of keys and values for an 8B model with 512 new tokens. A
 * token reads all of the weights once, however many completions it is for; what a GPU cannot hold is halved by itself.
 */
const MICRO_BATCH = 64;

export const planner = z
  .strictObject({
    backend: z.enum(["transformers", "vllm", "openai", "simulated"]).describe("Who plays the planner"),
    model: path.describe("The base checkpoint's folder, relative to the worker's root"),
    dtype: dtype.describe("The dtype in which rollouts are sampled and training runs"),
    attn_implementation: attention.describe("The attention kernel"),
    ...pixelLimits,
    vllm: vllmPolicies,
    server,
    policies: z
      .enum(["adapter", "merged"])
      .default("adapter")
      .describe(
        "How trained policies are served: the adapter on its base, or the merged checkpoint, for which a server is started anew",
      ),
    num_rollouts: z.int().min(2).max(256).default(NUM_ROLLOUTS).describe("Completions a question (K)"),
    temperature: z.number().min(0).max(5).default(TEMPERATURE).describe("0 is greedy"),
    top_p: z.number().gt(0).max(1).default(TOP_P).describe("1 is off"),
    top_k: z.int().min(0).default(0).describe("0 is off"),
    min_p: z.number().min(0).max(1).default(0).describe("0 is off"),
    repetition_penalty: z.number().gt(0).max(10).default(1).describe("1 is off"),
    max_new_tokens: z.int().min(1).default(MAX_NEW_TOKENS).describe("Output cut here is a policy failure"),
    max_instructions: z
      .int()
      .min(1)
      .max(32)
      .default(MAX_INSTRUCTIONS)
      .describe("More instructions than this are a policy failure"),
    micro_batch: z
      .int()
      .min(1)
      .default(MICRO_BATCH)
      .describe("Completions sampled at once; halved where a GPU is too small"),
  })
  .describe("The policy: proposes the views");

export type Planner = z.output<typeof planner>;
