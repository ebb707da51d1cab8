import { join } from "node:path";
import { readJsonLines, writeJsonLines } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { ImagineInput, ImagineSteps } from "../src/contract/steps.ts";
import type { RolloutRow } from "../src/preference/rows.ts";
import { parsePlan } from "../src/prompt/parse-plan.ts";
import { viewParams } from "../src/recipe/key-params.ts";
import { rng, seedFor } from "../src/seed.ts";
import type { ActivityDeps } from "./deps.ts";
import { fittedBatches } from "./fitted.ts";
import { executorSpec, pretended } from "./model-specs.ts";
import { chunkQuestions, type ImportedQuestion, readRun, type RunFiles } from "../src/run/files.ts";
import { asActivity, type StepContext } from "./step.ts";
import { makeDistinct, type Wanted } from "./views.ts";

/** Raise when the meaning of a view row or of a view's noise changes. */
const RESULT_VERSION = 1;

/** The executor imagines: one view of the given image per instruction. */
export function createImagineActivities(deps: ActivityDeps): ImagineSteps {
  return { imagineChunk: asActivity(deps, imagineChunk) };
}

async function imagineChunk(deps: ActivityDeps, context: StepContext, input: ImagineInput): Promise<ArtifactRef> {
  const { store } = deps;
  const files = await readRun(store, input.run);
  const { executor, planner, loop, evaluation, seed } = files.recipe;
  const { asked, digest } = chunkQuestions(files, input.chunk);
  // The control replaces what the sampled policy asked for; what is measured on held-out questions stays the policy's.
  const randomView = loop.controls.random_view && input.chunk.set === "shard";

  const measure = input.chunk.set === "held_out";
  const recipeOf = {
    step: "imagine",
    version: RESULT_VERSION,
    params: {
      ...viewParams(executor, files.models.executor),
      max_instructions: planner.max_instructions,
      seed,
      measure,
      pretended: pretended(files, executor.backend),
      random_view: randomView ? evaluation.reference_views : null,
    },
    inputs: [digest, input.rollouts.sha256],
  };
  const { ref } = await makeArtifact(store, recipeOf, async (folder) => {
    const rollouts = join(await store.open(input.rollouts), "rollouts.jsonl");
    const wanted = await wantedViews(files, asked, rollouts, randomView);
    const fitted = fittedBatches();
    const options = {
      signal: context.signal,
      onProgress: (done: number, total: number) => context.report({ doing: "imagine", done, total }),
      onWaiting: () => context.report({ doing: "waiting for a device" }),
      onSmallerBatch: fitted.note,
      by: { run: input.run.name, as: "executor" } as const,
    };
    const rows = await deps.models.withExecutor(executorSpec(deps, files), options, (backend) =>
      makeDistinct(backend, wanted, { folder, deps, files, options, measure }),
    );
    await writeJsonLines(join(folder, "views.jsonl"), rows);
    return { rows: rows.length, ...fitted.notes() };
  });
  return ref;
}

/** One view per instruction of every rollout that parses; nothing for what the policy could not say. */
async function wantedViews(
  files: RunFiles,
  asked: readonly ImportedQuestion[],
  rollouts: string,
  randomView: boolean,
): Promise<Wanted[]> {
  const { planner, evaluation, seed } = files.recipe;
  const questions = new Map(asked.map((each) => [each.id, each]));
  const wanted: Wanted[] = [];
  for await (const row of readJsonLines<RolloutRow>(rollouts)) {
    const question = questions.get(row.question_id);
    const plan = parsePlan(row.text, row.finish, planner.max_instructions);
    if (!question || plan.kind !== "instructions") continue;
    plan.instructions.forEach((asks, index) => {
      const draw = rng(seedFor("random-view", seed, row.question_id, row.rollout, index))();
      const random = evaluation.reference_views[Math.floor(draw * evaluation.reference_views.length)];
      wanted.push({
        question,
        rollout: row.rollout,
        index,
        instruction: randomView && random ? random.instruction : asks,
        // Equal instructions at the same place get equal noise, so that a score compares instructions, not luck.
        seed: seedFor("view", seed, row.question_id, index),
      });
    });
  }
  return wanted;
}
