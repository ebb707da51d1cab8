import { join } from "node:path";
import { readJson } from "../src/artifact/files.ts";
import { canonicalDigest } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef, PolicyRef } from "../src/contract/artifact.ts";
import type { RunRef } from "../src/contract/run.ts";
import { mergeParams, type MergeSettings } from "../src/model/trainer/key-params.ts";
import type { Message } from "../src/model/vlm/backend.ts";
import type { PairRow } from "../src/preference/rows.ts";
import { pairMessages, plannerMessages } from "../src/prompt/messages.ts";
import type { ActivityDeps } from "./deps.ts";
import { question, readRunAt, type RunFiles } from "../src/run/files.ts";
import { policyDigest, policyFolders } from "../src/run/policy.ts";
import { baseFolder, baseSettings } from "./model-specs.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of a merged checkpoint or of its canary changes. */
const RESULT_VERSION = 1;

/** Narrowest first; the merge itself is computed in float32. */
const DTYPES = ["bfloat16", "float16", "float32"];

/** Prompts that merged, adapter and base are compared on. */
const CANARY_QUESTIONS = 4;

/** Merges a policy's adapter into its base, for those who want one checkpoint; rollouts keep loading base + adapter. */
export async function mergePolicy(
  deps: ActivityDeps,
  context: StepContext,
  run: RunRef,
  iteration: number,
  policy: PolicyRef,
): Promise<ArtifactRef> {
  const files = await readRunAt(deps.store, run, iteration);
  const { retries, simulate, training } = files.recipe;
  const settings: MergeSettings = { ...baseSettings(files), dtypes: DTYPES };
  const recipeOf = {
    step: "merge",
    version: RESULT_VERSION,
    params: mergeParams(settings, CANARY_QUESTIONS),
    inputs: [policyDigest(policy), canaryInput(files), ...(policy.adapter ? [policy.adapter.sha256] : [])],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const canary = await canaryItems(deps, files, policy);
    const { signal, report } = context;
    const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
    const request = {
      ...settings,
      model: baseFolder(deps, files),
      adapter: (await policyFolders(deps.store, policy)).adapter ?? "",
      output: folder,
      canary: { items: canary },
    };
    const options = {
      signal,
      silenceMs: retries.silence_s * 1000,
      onEvent: () => report({ doing: `merge of iter_${iteration}` }),
    };
    const spec = { backend: training.backend, devices: 1, simulate };
    await deps.models.withTrainer(spec, waiting, (trainer) => trainer.merge(request, options));
    return { rows: 1 };
  });
  return ref;
}

/** Prompts of the first shard, or, where a round starts from pairs and has none, of the pairs that were trained on. */
async function canaryItems(deps: ActivityDeps, files: RunFiles, { adapter }: PolicyRef): Promise<Message[][]> {
  const { data, planner } = files.recipe;
  const absolute = (names: readonly string[]): string[] => names.map((name) => join(deps.root, data.image_root, name));
  const questions = canaryQuestions(files);
  if (questions.length > 0 || !adapter) {
    return questions.map((each) => plannerMessages(each, absolute(each.images), files.texts, planner.max_instructions));
  }
  const pairs = await readJson<PairRow[]>(join(await deps.store.open(adapter), "dpo_accumulated.json"));
  return pairs
    .slice(0, CANARY_QUESTIONS)
    .map(({ system, prompt, image }) => pairMessages(system, prompt, absolute(image)));
}

function canaryQuestions(files: RunFiles) {
  return (files.shards.shards[0] ?? []).slice(0, CANARY_QUESTIONS).map((id) => question(files, id));
}

function canaryInput(files: RunFiles): string {
  return canonicalDigest(canaryQuestions(files));
}
