import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readJsonLines, writeJsonLines } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { ImagineInput, ImagineSteps } from "../src/contract/steps.ts";
import type { CallOptions } from "../src/model/vlm/backend.ts";
import type { ImageBackend } from "../src/model/image/backend.ts";
import { makeView, type WantedView } from "../src/model/image/make-view.ts";
import type { RolloutRow, ViewRow } from "../src/preference/rows.ts";
import { parsePlan } from "../src/prompt/parse-plan.ts";
import { rng, seedFor } from "../src/seed.ts";
import type { ActivityDeps } from "./deps.ts";
import { executorSpec, pretended } from "./model-specs.ts";
import { chunkQuestions, type ImportedQuestion, readRun, type RunFiles } from "../src/run/files.ts";
import { asActivity, type StepContext } from "./step.ts";

/** Raise when the meaning of a view row or of a view's noise changes. */
const RESULT_VERSION = 1;

/** Pixels: far above any view; a larger answer is a fault of the executor, and would not fit into memory. */
const MAX_PIXELS = 64_000_000;

/** The executor imagines: one view of the given image per instruction. */
export function createImagineActivities(deps: ActivityDeps): ImagineSteps {
  return { imagineChunk: asActivity((context, input: ImagineInput) => imagineChunk(deps, context, input)) };
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
      backend: executor.backend,
      size: [executor.width, executor.height],
      max_retries: executor.max_retries,
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
    const options = {
      signal: context.signal,
      onProgress: (done: number, total: number) => context.report({ doing: "imagine", done, total }),
      onWaiting: () => context.report({ doing: "waiting for a device" }),
    };
    const rows = await deps.models.withExecutor(executorSpec(files), options, (backend) =>
      makeViews(backend, wanted, { folder, deps, files, options, measure }),
    );
    await writeJsonLines(join(folder, "views.jsonl"), rows);
    return { rows: rows.length };
  });
  return ref;
}

type Wanted = WantedView & { readonly question: ImportedQuestion };

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

interface Making {
  readonly folder: string;
  readonly deps: ActivityDeps;
  readonly files: RunFiles;
  readonly options: CallOptions;
  /** Ask the executor whether a view shows what is asked: a measurement, so never of training views. */
  readonly measure: boolean;
}

/** Makes each distinct view once: equal instructions with equal noise give equal pixels, so the rest are copies. */
async function makeViews(backend: ImageBackend, wanted: readonly Wanted[], making: Making): Promise<ViewRow[]> {
  const { folder, options } = making;
  const distinct = new Map<string, Wanted>();
  for (const view of wanted) if (!distinct.has(sameness(view))) distinct.set(sameness(view), view);
  const made = new Map<string, ViewRow>();
  const queue = [...distinct];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      options.signal.throwIfAborted();
      made.set(next[0], await makeOne(backend, next[1], making));
      options.onProgress(made.size, distinct.size);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return Promise.all(
    wanted.map(async (view) => {
      const original = made.get(sameness(view))!;
      const file = fileOf(view);
      if (original.status === "ok" && original.file !== file) {
        await mkdir(dirname(join(folder, file)), { recursive: true });
        await copyFile(join(folder, original.file), join(folder, file));
      }
      return { ...original, rollout: view.rollout, file };
    }),
  );
}

/** Views under way at once: while one is drawn, others are encoded, checked and written. */
const LANES = 4;

function sameness({ question, index, instruction }: Wanted): string {
  return JSON.stringify([question.id, index, instruction]);
}

function fileOf({ question, rollout, index }: Wanted): string {
  return `generated_images/${question.id}/rollout_${rollout}/img_${index}.png`;
}

async function makeOne(backend: ImageBackend, view: Wanted, making: Making): Promise<ViewRow> {
  const { folder, deps, files, options, measure } = making;
  const { executor, data } = files.recipe;
  const { question, rollout, index, instruction } = view;
  const file = fileOf(view);
  const output = join(folder, file);
  const image = join(deps.root, data.image_root, question.images[0]!);
  await mkdir(dirname(output), { recursive: true });
  const made = await makeView(backend, view, {
    image,
    output,
    maxRetries: executor.max_retries,
    maxPixels: MAX_PIXELS,
    options,
  });
  const useful = measure && backend.useful ? await backend.useful(image, question.id, instruction) : null;
  return { question_id: question.id, rollout, index, instruction, file, ...made, useful };
}
