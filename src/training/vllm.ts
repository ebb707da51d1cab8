import { z } from "zod";
import { limits, MAX_RANK } from "../recipe/parts/vllm.ts";
import type { CommonSettings } from "./common.ts";
import type { SettingsRule } from "./rules.ts";

/** TRL's own default: weights, gradients and the optimizer's moments want most of the device. */
const MEMORY_SHARE = 0.3;

/** Every process of a training has an engine on its own device. */
const beside = limits.omit({ tensor_parallel_size: true }).extend({
  memory_share: limits.shape.memory_share
    .unwrap()
    .default(MEMORY_SHARE)
    .describe(limits.shape.memory_share.description!),
});

/** Who draws what a policy says while it is trained. */
export const drawnBy = {
  use_vllm: z
    .boolean()
    .default(false)
    .describe("true: vLLM draws the completions, on the device that trains and beside the trainer; needs make vllm"),
  vllm: beside.describe("What vLLM is started with, where use_vllm is true").optional(),
};

type Drawn = CommonSettings & z.output<z.ZodObject<typeof drawnBy>>;

/** Does vLLM draw its completions? */
export function usesVllm(settings: object): boolean {
  return "use_vllm" in settings && settings.use_vllm === true;
}

/** The request with everything that vLLM is started with. */
export function withVllm<R extends { readonly settings: Readonly<Record<string, unknown>> }>(request: R): R {
  if (!usesVllm(request.settings)) return request;
  return { ...request, settings: { ...request.settings, vllm: beside.parse(request.settings["vllm"] ?? {}) } };
}

/** What does not go with vLLM: its weights must be brought up to the policy's, whole and as they are. */
export const VLLM_RULES: readonly SettingsRule<Drawn>[] = [
  ({ use_vllm: used, vllm }, at) =>
    !used &&
    vllm !== undefined && {
      field: ["vllm"],
      message: `${at}.vllm is given, but ${at}.use_vllm is false; use_vllm true is needed, or it has to go.`,
    },
  ({ use_vllm: used, tuning }, at) =>
    used &&
    tuning === "qlora" && {
      field: ["use_vllm"],
      message: `${at}.use_vllm is true, but ${at}.tuning is qlora, whose 4-bit base vLLM does not hold; tuning lora is needed, or use_vllm false.`,
    },
  ({ use_vllm: used, deepspeed }, at) =>
    used &&
    deepspeed === "zero3" && {
      field: ["use_vllm"],
      message: `${at}.use_vllm is true, but ${at}.deepspeed is zero3, which divides the weights that vLLM needs whole; zero2 is needed, or use_vllm false.`,
    },
  ({ use_vllm: used, tuning, lora_rank: rank }, at) =>
    used &&
    tuning === "lora" &&
    rank > MAX_RANK && {
      field: ["lora_rank"],
      message: `${at}.lora_rank is ${rank}, but vLLM takes adapters of rank ${MAX_RANK} at most; a smaller one is needed, or use_vllm false.`,
    },
  ({ use_vllm: used, backend }, at) =>
    used &&
    backend === "simulated" && {
      field: ["use_vllm"],
      message: `${at}.use_vllm is true, but ${at}.backend is simulated, which has no model; backend trl is needed, or use_vllm false.`,
    },
];
