import { join } from "node:path";
import { writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import { type ArtifactRef, isMade } from "../../src/contract/artifact.ts";
import type { RolloutInput, RolloutSource } from "../../src/pipeline/snowball/contract/steps.ts";
import type { Sampling } from "../../src/model/vlm/backend.ts";
import type { RolloutRow } from "../../src/preference/rows.ts";
import { plannerMessages } from "../../src/prompt/messages.ts";
import type { Planner } from "../../src/pipeline/snowball/recipe/planner.ts";
import { seedFor } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import { givenOf } from "./given.ts";
import { plannerSpec, pretended } from "./model-specs.ts";
import { chunkQuestions, readRun } from "../../src/pipeline/snowball/files.ts";
import { madeInputs, policyDigest, policyFolders } from "../../src/run/policy.ts";
import type { StepContext } from "../step.ts";

/** Raise when the meaning of a rollout row or of its sampling changes: earlier results are then made again. */
const RESULT_VERSION = 1;

/** The policy proposes views: K sampled completions per question, or one greedy completion for evaluation. */
export async function rolloutChunk(
  deps: ActivityDeps,
  context: StepContext,
  input: RolloutInput,
): Promise<ArtifactRef> {
  const { store } = deps;
  const files = await readRun(store, input.run);
  const { planner } = files.recipe;
  const { asked, digest } = chunkQuestions(files, input.list, input.chunk);
  const serving = policyDigest(input.policy);
  const sampling = samplingOf(planner, input.source);
  const seeds = (id: string): string[] =>
    input.source === "greedy"
      ? ["greedy"]
      : Array.from({ length: planner.num_rollouts }, (_, k) =>
          seedFor("rollout", files.recipe.seed, input.list.shard, id, k),
        );

  const recipeOf = {
    step: "rollout",
    version: RESULT_VERSION,
    params: {
      sampling,
      backend: planner.backend,
      attn_implementation: planner.attn_implementation,
      pixels: [planner.min_pixels, planner.max_pixels],
      max_instructions: planner.max_instructions,
      texts: { system: files.texts.system, template: files.texts.template },
      seeds: asked.map((each) => seeds(each.id)),
      pretended: pretended(files, planner.backend),
    },
    // What was trained by its own digest too: that is how the store knows who was built on it.
    inputs: [digest, serving, ...madeInputs(input.policy)],
  };
  // What was made is served from the store, and not from the planner's folder.
  const given = givenOf(
    files,
    asked.flatMap((each) => each.images),
    isMade(input.policy.base) ? [] : ["planner"],
  );
  const build = onGiven(deps, context, given, async (folder, unchanged) => {
    const spec = plannerSpec(deps, files, serving, await policyFolders(store, deps.root, input.policy));
    const items = asked.map((each) => ({
      messages: plannerMessages(
        each,
        each.images.map((name) => join(deps.root, files.recipe.data.image_root, name)),
        files.texts,
        planner.max_instructions,
      ),
      seeds: seeds(each.id),
    }));
    const options = {
      signal: context.signal,
      onProgress: (done: number, total: number) => context.report({ doing: "rollout", done, total }),
      onWaiting: () => context.report({ doing: "waiting for a device" }),
      onLoaded: unchanged,
    };
    const results = await deps.models.withVlm("rollout", spec, options, (vlm) => vlm.sample(items, sampling, options));
    const rows = asked.flatMap((each, place) => {
      const result = results[place]!;
      return result.completions.map((completion, rollout): RolloutRow => ({
        question_id: each.id,
        rollout,
        ...completion,
        prompt_digest: result.prompt_digest,
        seed: items[place]!.seeds[rollout]!,
        policy: serving,
        sampling,
      }));
    });
    await writeJsonLines(join(folder, "rollouts.jsonl"), rows);
    return { rows: rows.length };
  });
  const { ref } = await makeArtifact(store, recipeOf, build);
  return ref;
}

function samplingOf(planner: Planner, source: RolloutSource): Sampling {
  const { top_p, top_k, min_p, repetition_penalty, max_new_tokens, temperature } = planner;
  // Greedy decoding has no distribution to cut; the repetition penalty and the length stay the policy's own.
  return source === "greedy"
    ? { temperature: 0, top_p: 1, top_k: 0, min_p: 0, repetition_penalty, max_new_tokens }
    : { temperature, top_p, top_k, min_p, repetition_penalty, max_new_tokens };
}
