import { join } from "node:path";
import type { ExecutorSpec, VlmSpec } from "../src/model/models.ts";
import type { BaseCheckpoint } from "../src/model/trainer/backend.ts";
import type { ActivityDeps } from "./deps.ts";
import type { RunFiles } from "../src/run/files.ts";

/** How the planner is served for a policy. `serving` is the policy's digest, which every answer must name. */
export function plannerSpec(deps: ActivityDeps, files: RunFiles, serving: string, adapter: string | null): VlmSpec {
  const { planner, retries, simulate } = files.recipe;
  return {
    backend: planner.backend,
    serving,
    model: join(deps.root, planner.model),
    adapter,
    dtype: planner.dtype,
    attn_implementation: planner.attn_implementation,
    min_pixels: planner.min_pixels,
    max_pixels: planner.max_pixels,
    micro_batch: planner.micro_batch,
    silenceMs: retries.silence_s * 1000,
    simulate,
  };
}

/** How the frozen model that answers questions is served: the critic for scores, the evaluator for measurements. */
export function answererSpec(deps: ActivityDeps, files: RunFiles, who: "critic" | "evaluator"): VlmSpec {
  const { retries, simulate } = files.recipe;
  const model = files.recipe[who];
  return {
    backend: model.backend,
    serving: files.models[who],
    model: join(deps.root, model.model),
    adapter: null,
    dtype: model.dtype,
    attn_implementation: model.attn_implementation,
    min_pixels: model.min_pixels,
    max_pixels: model.max_pixels,
    micro_batch: model.micro_batch,
    silenceMs: retries.silence_s * 1000,
    simulate,
  };
}

/** What of such a model determines its answers, and so belongs into the keys of the steps that ask it. */
export function answererParams(files: RunFiles, who: "critic" | "evaluator") {
  const { backend, dtype, min_pixels, max_pixels, max_new_tokens } = files.recipe[who];
  return {
    backend,
    model: files.models[who],
    dtype,
    pixels: [min_pixels, max_pixels],
    max_new_tokens,
    text: files.texts.answer,
    pretended: pretended(files, backend),
  };
}

export function executorSpec(files: RunFiles): ExecutorSpec {
  const { executor, simulate } = files.recipe;
  return { backend: executor.backend, width: executor.width, height: executor.height, simulate };
}

/** How the planner's base is loaded, for training as for the merge. */
export function baseCheckpoint(deps: ActivityDeps, files: RunFiles): BaseCheckpoint {
  const { model, dtype, attn_implementation, min_pixels, max_pixels } = files.recipe.planner;
  return { model: join(deps.root, model), dtype, attn_implementation, min_pixels, max_pixels };
}

/** The faults that a simulated backend injects: they determine its output, so they belong into its keys. */
export function pretended(files: RunFiles, backend: string): unknown {
  return backend === "simulated" ? (files.recipe.simulate?.faults ?? null) : null;
}
