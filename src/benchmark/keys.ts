import { determining, type Reasons } from "../determining.ts";
import type { Serving } from "../contract/benchmark.ts";

/** Of every block that says how a model is served. */
export const NOT_OF_BACKENDS = {
  vllm: "it is what vLLM starts with; what would exceed it is refused, and nothing is cut",
  server: "it says where the model is found; that it is the one meant is asked there, and its digest is in the key",
} as const;

export const NOT_OF_SERVING = {
  ...NOT_OF_BACKENDS,
  micro_batch: "prompts are answered each for itself; the manifest notes a smaller one",
} as const satisfies Reasons<Serving>;

/** What of how a policy is served determines its answers, for their keys. */
export function servingParams(serving: Serving): object {
  return determining(serving, NOT_OF_SERVING);
}
