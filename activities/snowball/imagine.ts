import { join } from "node:path";
import { readJsonLines, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { ImagineInput } from "../../src/pipeline/snowball/contract/steps.ts";
import type { RolloutRow } from "../../src/preference/rows.ts";
import { parsePlan } from "../../src/prompt/parse-plan.ts";
import { rng, seedFor } from "../../src/seed.ts";
import type { ActivityDeps } from "../deps.ts";
import { planFormat, planFormatParams } from "../../src/pipeline/snowball/recipe/prompt.ts";
import { besideOf } from "../../src/model/image/backend.ts";
import { onGiven } from "../given.ts";
import { givenOf } from "./given.ts";
import { executorSpec, pretended } from "./model-specs.ts";
import type { ImportedQuestion } from "../../src/dataset/question.ts";
import { chunkQuestions, readRun, type RunFiles } from "../../src/pipeline/snowball/files.ts";
import type { StepContext } from "../step.ts";
import { viewParams } from "../../src/pipeline/snowball/keys.ts";
import { fittedBatches } from "../fitted.ts";
import { givenTo, makeDistinct, type Wanted } from "./views.ts";

/** Raise when the meaning of a view row or of a view's noise changes. */
const RESULT_VERSION = 1;

/** The executor imagines: one view of the given image per instruction. */
export async function imagineChunk(
  deps: ActivityDeps,
  context: StepContext,
  input: ImagineInput,
): Promise<ArtifactRef> {
  const { store } = deps;
  const files = await readRun(store, input.run);
  const { executor, planner, loop, evaluation, seed } = files.recipe;
  const { asked, digest } = chunkQuestions(files, input.list, input.chunk);
  // The control replaces what the sampled policy asked for; what is measured on held-out questions stays the policy's.
  const randomView = loop.controls.random_view && input.list.set === "shard";

  const measure = input.list.set === "held_out";
  const edited = asked.flatMap((each) => givenTo(executor, each));
  const beside = edited.flatMap((image) => besideOf(executor.backend, image));
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
      ...planFormatParams(files.recipe),
      ...(beside.length > 0 && { beside: beside.map((name) => files.given.get(name) ?? null) }),
    },
    inputs: [digest, input.rollouts.sha256],
  };
  const given = givenOf(files, [...edited, ...beside], ["executor"]);
  const build = onGiven(deps, context, given, async (folder, unchanged) => {
    const rollouts = join(await store.open(input.rollouts), "rollouts.jsonl");
    const wanted = await wantedViews(files, asked, rollouts, randomView);
    const fitted = fittedBatches();
    const options = {
      signal: context.signal,
      onProgress: (done: number, total: number) => context.report({ doing: "imagine", done, total }),
      onWaiting: () => context.report({ doing: "waiting for a device" }),
      onLoaded: unchanged,
      onSmallerBatch: fitted.note,
      by: { run: input.run.name, as: "executor" } as const,
    };
    const rows = await deps.models.withExecutor(executorSpec(deps, files), options, (backend) =>
      makeDistinct(backend, wanted, { folder, deps, files, options, measure }),
    );
    await writeJsonLines(join(folder, "views.jsonl"), rows);
    return { rows: rows.length, ...fitted.notes() };
  });
  const { ref } = await makeArtifact(store, recipeOf, build);
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
    const plan = parsePlan(row.text, row.finish, planner.max_instructions, planFormat(files.recipe));
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
