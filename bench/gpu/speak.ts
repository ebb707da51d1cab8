import { createHash } from "node:crypto";
import type { VlmBackend } from "../../src/model/vlm/backend.ts";
import type { VlmSpec } from "../../src/model/specs.ts";
import { asked, type Bed, optionsOf, perSecond } from "./bed.ts";
import { SHARD } from "./size.ts";

export type Speaker = "transformers" | "vllm";

export interface Spoken {
  /** Seconds until the checkpoint was loaded. */
  readonly load: number;
  /** A second. */
  readonly tokens: number;
  /** Seconds a chunk of rollouts. */
  readonly chunk: number;
  /** Seconds from the last token of a policy to the first one of the next: what a round waits before its rollouts. */
  readonly swap: number;
}

const SAMPLING = { temperature: 0.9, top_p: 0.95, top_k: 0, min_p: 0, repetition_penalty: 1 };

function specOf({ size }: Bed, backend: Speaker, model: string, adapter: string | null): VlmSpec {
  const { dtype, pixels, max_model_len, cache_gib, lora_rank, micro_batch } = size;
  const limits = {
    max_model_len,
    memory_share: 0.9,
    tensor_parallel_size: 1,
    ...(cache_gib !== null && { cache_gib }),
  };
  return {
    backend,
    serving: createHash("sha256")
      .update(adapter ?? model)
      .digest("hex"),
    model,
    adapter,
    dtype,
    attn_implementation: "sdpa",
    min_pixels: pixels,
    max_pixels: pixels,
    vllm: backend === "vllm" ? { ...limits, max_lora_rank: adapter === null ? 0 : lora_rank } : null,
    server: null,
    micro_batch,
    silenceMs: 600_000,
    simulate: undefined,
  };
}

/** Rollouts of a shard by one policy, chunk by chunk, and then the first token of the next one. */
export async function rollouts(bed: Bed, backend: Speaker, [policy, next]: readonly [string, string]): Promise<Spoken> {
  const { size } = bed;
  const options = optionsOf(bed, "planner");
  const sampling = { ...SAMPLING, max_new_tokens: size.max_new_tokens };
  const chunk = async (vlm: VlmBackend, at: number, questions: number): Promise<number> => {
    const items = Array.from({ length: questions }, (_, place) => ({
      messages: asked(bed, at * questions + place, 1),
      seeds: Array.from({ length: size.completions }, (_each, k) => `${at}:${place}:${k}`),
    }));
    const sampled = await vlm.sample(items, sampling, options);
    return sampled.flatMap(({ completions }) => completions).reduce((sum, { tokens }) => sum + tokens, 0);
  };
  const spec = specOf(bed, backend, size.planner, policy);
  const { rate, each } = await bed.models.withVlm("rollout", spec, options, async (vlm) => {
    await chunk(vlm, SHARD, 1);
    return perSecond(bed, SHARD / size.questions, (at) => chunk(vlm, at, size.questions));
  });
  const load = bed.loaded();
  const began = performance.now();
  const first = [{ messages: asked(bed, 0, 1), seeds: ["first"] }];
  await bed.models.withVlm("rollout", specOf(bed, backend, size.planner, next), options, (vlm) =>
    vlm.sample(first, { ...SAMPLING, max_new_tokens: 1 }, options),
  );
  return { load, tokens: rate, chunk: each, swap: (performance.now() - began) / 1000 };
}

/** Scored samples a second, as `confidence` scores them: the critic's own greedy answer with a view, and without. */
export async function scores(bed: Bed, backend: Speaker): Promise<{ readonly rate: number; readonly chunk: number }> {
  const { size } = bed;
  const options = optionsOf(bed, "critic");
  const sampling = { ...SAMPLING, temperature: 0, top_p: 1, max_new_tokens: 8 };
  const chunk = async (vlm: VlmBackend, at: number, samples: number): Promise<number> => {
    const first = at * samples;
    const both = Array.from({ length: samples }, (_, place) =>
      [1, 2].map((images) => asked(bed, first + place, images)),
    );
    await vlm.sample(
      both.flat().map((messages) => ({ messages, seeds: ["greedy"] })),
      sampling,
      options,
    );
    return samples;
  };
  return bed.models.withVlm("score", specOf(bed, backend, size.critic, null), options, async (vlm) => {
    await chunk(vlm, SHARD, 1);
    const samples = size.questions * size.completions;
    const { rate, each } = await perSecond(bed, SHARD / size.questions, (at) => chunk(vlm, at, samples));
    return { rate, chunk: each };
  });
}
