import type { PolicyRef } from "../src/contract/artifact.ts";
import type { Serving } from "../src/contract/benchmark.ts";
import type { VlmSpec } from "../src/model/specs.ts";
import type { CallOptions, VlmBackend } from "../src/model/vlm/backend.ts";
import type { CommonRecipe } from "../src/recipe/common.ts";
import { vllmLimits } from "../src/recipe/parts/vllm.ts";
import { policyDigest, policyFolders } from "../src/run/policy.ts";
import type { ActivityDeps } from "./deps.ts";
import type { RunRef } from "../src/contract/run.ts";
import type { Fitted } from "./fitted.ts";
import { serverSpec } from "../src/model/server-spec.ts";
import type { StepContext } from "./step.ts";

export interface Served {
  readonly policy: PolicyRef;
  readonly serving: Serving;
  readonly recipe: CommonRecipe;
  /** What the heartbeat says while it works: "answer". */
  readonly doing: string;
  /** Throws when what the server has just loaded is not what was given: it must not stay warm under that name. */
  readonly unchanged: () => Promise<void>;
  readonly fitted: Fitted;
  readonly run: RunRef;
}

/** Runs `use` on a warm server of the policy, on a leased device of the role that samples. */
export async function servePolicy<T>(
  deps: ActivityDeps,
  { signal, report }: StepContext,
  { run, policy, serving, recipe, doing, unchanged, fitted }: Served,
  use: (vlm: VlmBackend, options: CallOptions) => Promise<T>,
): Promise<T> {
  const { max_new_tokens: _, ...how } = serving;
  const spec: VlmSpec = {
    ...how,
    vllm: vllmLimits(serving, "policies"),
    // Answers are judged by their words alone.
    server: serverSpec(serving, policy, "text"),
    ...(await policyFolders(deps.store, deps.root, policy)),
    serving: policyDigest(policy),
    dtype: policy.dtype,
    silenceMs: recipe.retries.silence_s * 1000,
    simulate: recipe.simulate,
  };
  const options: CallOptions = {
    signal,
    onProgress: (done, total) => report({ doing, done, total }),
    onSmallerBatch: fitted.note,
  };
  const onWaiting = (): void => report({ doing: "waiting for a device" });
  const waiting = { ...options, onWaiting, onLoaded: unchanged, by: { run: run.name, as: "policy" } };
  return deps.models.withVlm("rollout", spec, waiting, (vlm) => use(vlm, options));
}
