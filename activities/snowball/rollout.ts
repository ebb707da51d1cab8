import { join } from "node:path";
import { writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import { type ArtifactRef, isMade } from "../../src/contract/artifact.ts";
import type { RolloutInput } from "../../src/pipeline/snowball/contract/steps.ts";
import type { RolloutRow } from "../../src/preference/rows.ts";
import { plannerMessages } from "../../src/prompt/messages.ts";
import { seedFor } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import { onGiven } from "../given.ts";
import { givenOf } from "./given.ts";
import { rolloutParams } from "../../src/pipeline/snowball/keys.ts";
import { fittedBatches } from "../fitted.ts";
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
  const params = rolloutParams(planner, input.source === "greedy");
  const { sampling } = params;
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
      ...params,
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
    const spec = plannerSpec(files, input.policy, await policyFolders(store, deps.root, input.policy));
    const items = asked.map((each) => ({
      messages: plannerMessages(
        each,
        each.images.map((name) => join(deps.root, files.recipe.data.image_root, name)),
        files.texts,
        planner.max_instructions,
      ),
      seeds: seeds(each.id),
    }));
    const fitted = fittedBatches();
    const options = {
      signal: context.signal,
      onProgress: (done: number, total: number) => context.report({ doing: "rollout", done, total }),
      onWaiting: () => context.report({ doing: "waiting for a device" }),
      onLoaded: unchanged,
      onSmallerBatch: fitted.note,
      by: { run: input.run.name, as: "planner" } as const,
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
    return { rows: rows.length, ...fitted.notes() };
  });
  const { ref } = await makeArtifact(store, recipeOf, build);
  return ref;
}
