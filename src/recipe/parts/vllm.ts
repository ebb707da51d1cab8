import { z } from "zod";
import type { VllmLimits } from "../../contract/vllm.ts";
import type { Problem } from "../problems.ts";

/** Tokens: five views of 1,280 tokens each, a question and an answer. Keys and values of all of it must fit at once. */
const MAX_MODEL_LEN = 8192;
/** vLLM's own default: the rest is for what its profile of the memory does not see. */
const MEMORY_SHARE = 0.9;
/** Above the ranks of the field; an adapter of a smaller rank is padded to it, which costs a little memory. */
const MAX_LORA_RANK = 64;

/** What vLLM makes room for at most. */
export const MAX_RANK = 512;

/** What vLLM is started with, whatever it serves. */
export const limits = z.strictObject({
  max_model_len: z
    .int()
    .min(16)
    .default(MAX_MODEL_LEN)
    .describe("Tokens of a prompt and its completion together; a longer one is refused"),
  memory_share: z
    .number()
    .gt(0)
    .max(1)
    .default(MEMORY_SHARE)
    .describe("Of the device's memory, for all that vLLM holds"),
  cache_gib: z
    .number()
    .gt(0)
    .optional()
    .describe("GiB for keys and values on each device, in place of what memory_share leaves"),
  tensor_parallel_size: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("Devices over which one engine divides the checkpoint; a host with more of them has several engines"),
});

/** For a model that is served as it is. */
export const vllmFrozen = limits.describe("What vLLM is started with, where backend is vllm").optional();

/** For a model that adapters are served on, too. */
export const vllmPolicies = limits
  .extend({
    max_lora_rank: z
      .int()
      .min(0)
      .max(MAX_RANK)
      .default(MAX_LORA_RANK)
      .describe("The largest rank of an adapter; 0 where there are none, as after training.tuning full"),
  })
  .describe("What vLLM is started with, where backend is vllm")
  .optional();

/** A block of a recipe that says who serves. */
export interface VllmBlock {
  readonly backend: string;
  readonly vllm?: Partial<VllmLimits> | undefined;
}

/** What vLLM is started with for this block of a recipe, defaults and all; null where something else serves. */
export function vllmLimits({ backend, vllm }: VllmBlock, serves: "policies" | "itself"): VllmLimits | null {
  if (backend !== "vllm") return null;
  if (serves === "policies") return vllmPolicies.unwrap().parse(vllm ?? {});
  return { ...limits.parse(vllm ?? {}), max_lora_rank: 0 };
}

/** An adapter that a training makes and the block's server has no room for: found before there is one. */
export function rankProblems(
  block: VllmBlock,
  name: string,
  { tuning, lora_rank: rank }: { readonly tuning: string; readonly lora_rank: number },
): Problem[] {
  const most = vllmLimits(block, "policies")?.max_lora_rank;
  if (most === undefined || tuning === "full" || rank <= most) return [];
  const message = `training.lora_rank is ${rank}, but ${name}.vllm.max_lora_rank is ${most}; at least ${rank} is needed there.`;
  return [{ path: [name, "vllm", "max_lora_rank"], message }];
}

/** Devices that one server of this block takes. */
export function enginesDevices(limits: VllmLimits | null): number {
  return limits?.tensor_parallel_size ?? 1;
}

/** What of a block does not go with vLLM. */
export function vllmProblems({ backend, vllm }: VllmBlock, block: string): Problem[] {
  if (vllm === undefined || backend === "vllm") return [];
  const message = `${block}.vllm is given, but ${block}.backend is ${backend}; backend vllm is needed, or it has to go.`;
  return [{ path: [block, "vllm"], message }];
}
