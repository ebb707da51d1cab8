import { type ServedBlock, serverProblems } from "./parts/server.ts";
import { type VllmBlock, vllmProblems } from "./parts/vllm.ts";
import type { Problem } from "./problems.ts";

/** How a block of a recipe has a checkpoint loaded. */
export interface LoadingBlock extends VllmBlock, ServedBlock {
  readonly dtype: string;
  readonly attn_implementation: string;
  readonly min_pixels: number;
  readonly max_pixels: number;
}

/**
 * What of it does not fit together.
 * @param block its name: "planner"
 */
export function loadingProblems(loading: LoadingBlock, block: string): Problem[] {
  const { dtype, attn_implementation: kernel, min_pixels: min, max_pixels: max } = loading;
  const problems: Problem[] = [...vllmProblems(loading, block), ...serverProblems(loading, block)];
  if (min > max) {
    const message = `${block}.min_pixels is ${min}; at most ${block}.max_pixels (${max}) is needed.`;
    problems.push({ path: [block, "min_pixels"], message });
  }
  if (kernel === "flash_attention_2" && dtype === "float32") {
    const message = `${block}.attn_implementation is ${kernel}, which cannot compute in float32; ${block}.dtype bfloat16, or sdpa, is needed.`;
    problems.push({ path: [block, "attn_implementation"], message });
  }
  return problems;
}
