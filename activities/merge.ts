import { join } from "node:path";
import { readJson } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { MergeInput } from "../src/contract/training.ts";
import type { Message } from "../src/model/vlm/backend.ts";
import { madeInputs, policyDigest, policyFolders } from "../src/run/policy.ts";
import { readRecipe } from "../src/run/recipe-file.ts";
import type { TrainRow } from "../src/training/algorithm.ts";
import { algorithmOf } from "../src/training/index.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of a merged checkpoint or of its canary changes. */
const RESULT_VERSION = 2;

/** Narrowest first; the merge itself is computed in float32. */
const DTYPES = ["bfloat16", "float16", "float32"];

/** Prompts that merged, adapter and base are compared on: the first of those that were trained on. */
const CANARY_PROMPTS = 4;

/** Merges a policy's adapter into its base, for those who want one checkpoint; rollouts keep loading base + adapter. */
export async function mergePolicy(deps: ActivityDeps, context: StepContext, input: MergeInput): Promise<ArtifactRef> {
  const { policy, job } = input;
  const { dtype, min_pixels, max_pixels } = job.loading;
  const recipeOf = {
    step: "merge",
    version: RESULT_VERSION,
    params: { dtypes: DTYPES, canary: CANARY_PROMPTS, serving: dtype, pixels: [min_pixels, max_pixels] },
    inputs: [policyDigest(policy), ...madeInputs(policy)],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const { recipe } = await readRecipe(deps.store, input.run);
    const canary = await canaryPrompts(deps, input);
    const { signal, report } = context;
    const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
    const { model, adapter } = await policyFolders(deps.store, deps.root, policy);
    const request = {
      ...job.loading,
      model,
      adapter: adapter ?? "",
      output: folder,
      dtypes: DTYPES,
      canary: { items: canary },
    };
    const options = {
      signal,
      silenceMs: recipe.retries.silence_s * 1000,
      onEvent: () => report({ doing: `merge · ${input.title}` }),
    };
    const settings = algorithmOf(job.algorithm).settings.parse(job.settings);
    const spec = { backend: settings.backend, devices: 1, simulate: recipe.simulate };
    await deps.models.withTrainer(spec, waiting, (trainer) => trainer.merge(request, options));
    return { rows: 1 };
  });
  return ref;
}

async function canaryPrompts(deps: ActivityDeps, { policy, job }: MergeInput): Promise<Message[][]> {
  const { files, prompts } = algorithmOf(job.algorithm);
  const trained = await deps.store.open(policy.adapter!);
  const rows = await readJson<TrainRow[]>(join(trained, files.joined));
  return prompts(rows.slice(0, CANARY_PROMPTS), (names) => names.map((name) => join(deps.root, job.images, name)));
}
