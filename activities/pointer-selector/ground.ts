import type { VlmSpec } from "../../src/model/specs.ts";
import type { CallOptions, VlmBackend } from "../../src/model/vlm/backend.ts";
import type { Ground } from "../../src/pipeline/pointer-selector/contract/plan.ts";
import { type Example, readSets, type Sets } from "../../src/pipeline/pointer-selector/examples.ts";
import type { Recipe } from "../../src/pipeline/pointer-selector/recipe.ts";
import { determining, type Reasons } from "../../src/determining.ts";
import { vllmLimits } from "../../src/recipe/parts/vllm.ts";
import { policyDigest, policyFolders } from "../../src/run/policy.ts";
import { readRecipe } from "../../src/run/recipe-file.ts";
import type { ActivityDeps } from "../deps.ts";
import { type Fitted, fittedBatches } from "../fitted.ts";
import { type Given, givenFolders, type GivenImages } from "../given.ts";
import type { StepContext } from "../step.ts";

const NOT_OF_CRITICS = {
  vllm: "it is what vLLM starts with; what would exceed it is refused, and nothing is cut",
  micro_batch: "prompts are scored each for itself; the manifest notes a smaller one",
  model: "the digest of the critic is an input",
  dtype: "it is in the digest of the critic",
} as const satisfies Reasons<Recipe["critic"]>;

/** What a step of this pipeline reads of its run. */
export interface Opened {
  readonly recipe: Recipe;
  readonly sets: Sets;
}

export async function openGround({ store }: ActivityDeps, { run, examples }: Ground): Promise<Opened> {
  const { recipe } = await readRecipe<Recipe>(store, run);
  return { recipe, sets: await readSets(store, examples) };
}

/** What of the critic, beside its digest, determines what it says. */
export function criticParams({ critic, simulate }: Recipe): object {
  const pretended = critic.backend === "simulated" ? (simulate?.faults ?? null) : null;
  return { ...determining(critic, NOT_OF_CRITICS), pretended };
}

/** What a step reads that is the user's own: the critic, and the pictures of these examples. */
export function givenTo({ recipe }: Opened, ground: Ground, shown: Iterable<Example>): Given {
  return {
    models: recipe.critic.backend === "simulated" ? [] : givenFolders([ground.critic]),
    images: givenImages(shown),
  };
}

/** The pictures of these examples, and what they were when the run was opened. */
export function givenImages(shown: Iterable<Example>): GivenImages {
  const digests = new Map<string, string>();
  for (const { images, image_digests: own } of shown) images.forEach((name, at) => digests.set(name, own[at]!));
  return { folder: ".", digests };
}

/** Runs `use` on a warm server of the critic. */
export async function askCritic<T>(
  deps: ActivityDeps,
  { signal, report }: StepContext,
  how: {
    readonly ground: Ground;
    readonly recipe: Recipe;
    readonly doing: string;
    readonly unchanged: () => Promise<void>;
  },
  use: (vlm: VlmBackend, options: CallOptions, fitted: Fitted) => Promise<T>,
): Promise<T> {
  const { ground, recipe, doing, unchanged } = how;
  const { max_new_tokens: _, model: __, ...serving } = recipe.critic;
  const spec: VlmSpec = {
    ...serving,
    vllm: vllmLimits(serving, "itself"),
    server: null,
    ...(await policyFolders(deps.store, deps.root, ground.critic)),
    serving: policyDigest(ground.critic),
    silenceMs: recipe.retries.silence_s * 1000,
    simulate: recipe.simulate,
  };
  const fitted = fittedBatches();
  const options: CallOptions = {
    signal,
    onProgress: (done, total) => report({ doing, done, total }),
    onSmallerBatch: fitted.note,
  };
  const onWaiting = (): void => report({ doing: "waiting for a device" });
  const waiting = { ...options, onWaiting, onLoaded: unchanged, by: { run: ground.run.name, as: "critic" } };
  return deps.models.withVlm("score", spec, waiting, (vlm) => use(vlm, options, fitted));
}
