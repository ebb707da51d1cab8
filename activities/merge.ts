import { join } from "node:path";
import { canonicalDigest } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef, PolicyRef } from "../src/contract/artifact.ts";
import type { RunRef } from "../src/contract/run.ts";
import { plannerMessages } from "../src/prompt/messages.ts";
import type { ActivityDeps } from "./deps.ts";
import { question, readRunAt, type RunFiles } from "../src/run/files.ts";
import { policyDigest, policyFolders } from "../src/run/policy.ts";
import { baseCheckpoint } from "./model-specs.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of a merged checkpoint or of its canary changes. */
const RESULT_VERSION = 1;

/** Narrowest first; the merge itself is computed in float32. */
const DTYPES = ["bfloat16", "float16", "float32"];

/** Questions that merged, adapter and base are compared on. */
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
  const { planner, retries, simulate, training } = files.recipe;
  const canary = canaryItems(deps, files);
  const recipeOf = {
    step: "merge",
    version: RESULT_VERSION,
    params: { dtypes: DTYPES, canary: CANARY_QUESTIONS, serving: planner.dtype },
    inputs: [policyDigest(policy), canaryInput(files), ...(policy.adapter ? [policy.adapter.sha256] : [])],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    const { signal, report } = context;
    const waiting = { signal, onProgress: () => {}, onWaiting: () => report({ doing: "waiting for a device" }) };
    const request = {
      ...baseCheckpoint(deps, files),
      adapter: (await policyFolders(deps.store, policy)).adapter ?? "",
      output: folder,
      dtypes: DTYPES,
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

function canaryItems(deps: ActivityDeps, files: RunFiles) {
  const { data, planner } = files.recipe;
  return canaryQuestions(files).map((each) =>
    plannerMessages(
      each,
      each.images.map((name) => join(deps.root, data.image_root, name)),
      files.texts,
      planner.max_instructions,
    ),
  );
}

function canaryQuestions(files: RunFiles) {
  return (files.shards.shards[0] ?? []).slice(0, CANARY_QUESTIONS).map((id) => question(files, id));
}

function canaryInput(files: RunFiles): string {
  return canonicalDigest(canaryQuestions(files));
}
