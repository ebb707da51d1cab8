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
import { mergeParams, type MergeSettings } from "../src/training/keys.ts";
import type { ActivityDeps } from "./deps.ts";
import { type Given, givenFolders, imagesOf, onGiven } from "./given.ts";
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
  const settings: MergeSettings = { ...job.loading, dtypes: DTYPES };
  const recipeOf = {
    step: "merge",
    version: RESULT_VERSION,
    params: mergeParams(settings, CANARY_PROMPTS),
    inputs: [policyDigest(policy), ...madeInputs(policy)],
  };
  const { backend } = algorithmOf(job.algorithm).settings.parse(job.settings);
  const { recipe } = await readRecipe(deps.store, input.run);
  const { items, images } = await canaryPrompts(deps, input);
  const given: Given = { images, models: backend === "simulated" ? [] : givenFolders([policy]) };
  const build = onGiven(deps, context, given, async (folder) => {
    const { signal, report } = context;
    const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
    const { model, adapter } = await policyFolders(deps.store, deps.root, policy);
    const request = { ...settings, model, adapter: adapter ?? "", output: folder, canary: { items } };
    const onEvent = (): void => report({ doing: `merge · ${input.title}` });
    const options = { signal, silenceMs: recipe.retries.silence_s * 1000, onEvent };
    const spec = { backend, devices: 1, simulate: recipe.simulate };
    await deps.models.withTrainer(spec, waiting, (trainer) => trainer.merge(request, options));
    return { rows: 1 };
  });
  const { ref } = await makeArtifact(deps.store, recipeOf, build);
  return ref;
}

interface Canary {
  readonly items: Message[][];
  readonly images: NonNullable<Given["images"]>;
}

/** What base, adapter and merged checkpoint are all asked. */
async function canaryPrompts(deps: ActivityDeps, { policy, job }: MergeInput): Promise<Canary> {
  const { files, prompts } = algorithmOf(job.algorithm);
  const trained = await deps.store.open(policy.adapter!);
  const rows = (await readJson<TrainRow[]>(join(trained, files.joined))).slice(0, CANARY_PROMPTS);
  const all = await imagesOf(deps, job.data);
  const digests = rows.flatMap((row) => row.image.map((name) => [name, all.get(name)!] as const));
  return {
    items: prompts(rows, (names) => names.map((name) => join(deps.root, job.images, name))),
    images: { folder: job.images, digests: new Map(digests) },
  };
}
