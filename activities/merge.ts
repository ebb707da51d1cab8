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
import { checkGiven, type Given, givenFolders, imagesOf } from "./given.ts";
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
    const { asked, ...given } = await canaryPrompts(deps, input);
    await checkGiven(deps, context, given);
    const { signal, report } = context;
    const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
    const { model, adapter } = await policyFolders(deps.store, deps.root, policy);
    const request = {
      ...job.loading,
      model,
      adapter: adapter ?? "",
      output: folder,
      dtypes: DTYPES,
      canary: { items: asked },
    };
    const options = {
      signal,
      silenceMs: recipe.retries.silence_s * 1000,
      onEvent: () => report({ doing: `merge · ${input.title}` }),
    };
    const settings = algorithmOf(job.algorithm).settings.parse(job.settings);
    const spec = { backend: settings.backend, devices: 1, simulate: recipe.simulate };
    await deps.models.withTrainer(spec, waiting, (trainer) => trainer.merge(request, options));
    await checkGiven(deps, context, given);
    return { rows: 1 };
  });
  return ref;
}

/** What is asked of all three, and what of it is the user's own. */
async function canaryPrompts(deps: ActivityDeps, { policy, job }: MergeInput): Promise<Given & { asked: Message[][] }> {
  const { files, prompts, settings } = algorithmOf(job.algorithm);
  const trained = await deps.store.open(policy.adapter!);
  const rows = (await readJson<TrainRow[]>(join(trained, files.joined))).slice(0, CANARY_PROMPTS);
  const all = await imagesOf(deps, job.data);
  const digests = new Map(rows.flatMap((row) => row.image.map((name) => [name, all.get(name)!] as const)));
  const simulated = settings.parse(job.settings).backend === "simulated";
  return {
    asked: prompts(rows, (names) => names.map((name) => join(deps.root, job.images, name))),
    images: { folder: job.images, digests },
    models: simulated ? [] : givenFolders([policy]),
  };
}
