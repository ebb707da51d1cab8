import { join } from "node:path";
import type { PolicyRef } from "../../src/contract/artifact.ts";
import type { ExecutorSpec, VlmSpec } from "../../src/model/specs.ts";
import type { ActivityDeps } from "../deps.ts";
import { serverSpec } from "../../src/model/server-spec.ts";
import type { RunFiles } from "../../src/pipeline/snowball/files.ts";
import { type PolicyFolders, policyDigest } from "../../src/run/policy.ts";
import { vllmLimits } from "../../src/recipe/parts/vllm.ts";
import { answerParams } from "../../src/pipeline/snowball/keys.ts";

/** How the planner is served for a policy. `serving` is the policy's digest, which every answer must name. */
export function plannerSpec(files: RunFiles, policy: PolicyRef, folders: PolicyFolders): VlmSpec {
  const { planner, retries, simulate } = files.recipe;
  return {
    backend: planner.backend,
    serving: policyDigest(policy),
    model: folders.model,
    adapter: folders.adapter,
    dtype: planner.dtype,
    attn_implementation: planner.attn_implementation,
    min_pixels: planner.min_pixels,
    max_pixels: planner.max_pixels,
    vllm: plannersLimits(planner),
    server: serverSpec(planner, policy, "ids"),
    micro_batch: planner.micro_batch,
    silenceMs: retries.silence_s * 1000,
    simulate: planner.backend === "simulated" ? simulate : undefined,
  };
}

/** Room for adapters only where they are served. */
function plannersLimits(planner: RunFiles["recipe"]["planner"]): VlmSpec["vllm"] {
  const limits = vllmLimits(planner, "policies");
  return limits && planner.policies === "merged" ? { ...limits, max_lora_rank: 0 } : limits;
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
    vllm: vllmLimits(model, "itself"),
    server: serverSpec(model, { base: { folder: model.model, digest: files.models[who] } }, "logprobs"),
    micro_batch: model.micro_batch,
    silenceMs: retries.silence_s * 1000,
    simulate: model.backend === "simulated" ? simulate : undefined,
  };
}

/** What of such a model determines its answers, and so belongs into the keys of the steps that ask it. */
export function answererParams(files: Pick<RunFiles, "recipe" | "texts" | "models">, who: "critic" | "evaluator") {
  const answerer = files.recipe[who];
  return {
    ...answerParams(answerer),
    model: files.models[who],
    text: files.texts.answer,
    pretended: pretended(files, answerer.backend),
  };
}

/** How the executor is reached: an editor is served, the others work in this process. */
export function executorSpec(deps: ActivityDeps, files: RunFiles): ExecutorSpec {
  const { executor, retries, simulate } = files.recipe;
  const { backend, width, height } = executor;
  if (backend !== "flux2-klein") return { backend, width, height, simulate };
  const { dtype, offload, micro_batch, num_inference_steps, guidance_scale, max_input_pixels } = executor;
  const { folder, digest } = editorOf(files);
  return {
    backend,
    serving: digest,
    model: join(deps.root, folder),
    dtype,
    offload,
    micro_batch,
    settings: { width, height, num_inference_steps, guidance_scale, max_input_pixels },
    silenceMs: retries.silence_s * 1000,
  };
}

function editorOf({ recipe, models }: RunFiles): { readonly folder: string; readonly digest: string } {
  // checkTogether refuses an editor without a model.
  if (recipe.executor.model === undefined || models.executor === undefined)
    throw new RangeError("an editor has a model");
  return { folder: recipe.executor.model, digest: models.executor };
}

/** The faults that a simulated backend injects: they determine its output, so they belong into its keys. */
export function pretended(files: Pick<RunFiles, "recipe">, backend: string): unknown {
  return backend === "simulated" ? (files.recipe.simulate?.faults ?? null) : null;
}
