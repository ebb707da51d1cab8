import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeJson, writeJsonLines } from "../src/artifact/files.ts";
import { canonicalDigest } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef, PolicyRef } from "../src/contract/artifact.ts";
import type { RunPlan } from "../src/contract/run.ts";
import { loadQuestions } from "../src/dataset/adapters/mmsi.ts";
import { checkAnswers } from "../src/dataset/answers.ts";
import { importImages } from "../src/dataset/adapters/images.ts";
import { checkLeakage, type Fingerprint } from "../src/dataset/leakage.ts";
import { type Split, splitQuestions } from "../src/dataset/shards.ts";
import { StepFailure } from "../src/failure.ts";
import { modelDigest } from "../src/model/checkpoint.ts";
import { checkPromptTexts } from "../src/prompt/check.ts";
import { parseRecipeObject } from "../src/recipe/parse.ts";
import { chunkSizes, recipeWarnings } from "../src/recipe/plan.ts";
import type { Recipe } from "../src/recipe/pipelines/snowball.ts";
import type { ActivityDeps } from "./deps.ts";
import { referenceArms } from "./reference.ts";
import { heldOutIds, type RecipeFile, type Shards } from "../src/run/files.ts";
import { policyDigest } from "../src/run/policy.ts";
import { openRunFolder } from "./run-folder.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of an imported question or of a split changes. */
const RESULT_VERSION = 1;

/**
 * The first step of every run: reads the recipe, the prompts, the data and every image, splits the questions and
 * refuses what is not usable, before any model is loaded.
 */
export async function openRun(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<RunPlan> {
  const recipe = parseRecipeObject(input);
  if (recipe.name !== name) {
    throw new StepFailure(
      "BadInput",
      `The recipe's name is "${recipe.name}", but the run was started as "${name}"; they must be equal.`,
    );
  }
  const recipeFile: RecipeFile = {
    recipe,
    texts: await promptTexts(deps, recipe),
    models: await modelDigests(deps, recipe),
  };
  const { dataset, shards, hasAnswers } = await importData(deps, context, recipe);
  const evaluates = hasAnswers && shards.held_out.test.length > 0;

  const { $schema: _, ...whole } = recipe;
  const recipeOf = { step: "recipe", version: RESULT_VERSION, params: { ...recipeFile, recipe: whole }, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJson(join(folder, "recipe.json"), { ...recipeFile, recipe: whole });
    return { rows: 1 };
  });
  const folder = await openRunFolder(deps, name, { recipe: whole, shards, digest: ref.sha256 });
  const warnings = recipeWarnings(recipe, shards.shards.flat().length);
  return planOf(deps, { recipe, recipeFile, recipeRef: ref, dataset, shards, evaluates, folder, warnings });
}

interface Opened {
  readonly recipe: Recipe;
  readonly recipeFile: RecipeFile;
  readonly recipeRef: ArtifactRef;
  readonly dataset: ArtifactRef;
  readonly shards: Shards;
  readonly evaluates: boolean;
  readonly folder: string;
  readonly warnings: readonly string[];
}

function planOf(deps: ActivityDeps, opened: Opened): RunPlan {
  const { recipe, recipeFile, shards, evaluates } = opened;
  const { loop, chunk, retries } = recipe;
  const base: PolicyRef = { base: recipeFile.models.planner, dtype: recipe.planner.dtype };
  const heldOut = chunkSizes(heldOutIds(shards.held_out).length, chunk.questions);
  return {
    run: { name: recipe.name, recipe: opened.recipeRef, dataset: opened.dataset },
    base,
    baseDigest: policyDigest(base),
    iterations: loop.num_iterations,
    shards: shards.shards.map((ids) => chunkSizes(ids.length, chunk.questions)),
    heldOut: evaluates ? heldOut : [],
    testChunks: Math.ceil(shards.held_out.test.length / chunk.questions),
    numRollouts: recipe.planner.num_rollouts,
    referenceViews: referenceArms(recipe).length,
    window: chunk.window,
    schedule: loop.schedule,
    gate: shards.held_out.val.length > 0 ? loop.gate : "off",
    onNoPairs: loop.on_no_pairs,
    rolloutsFrom: loop.controls.rollouts_from,
    accumulate: loop.controls.accumulate,
    retries: {
      maxAttempts: retries.max_attempts,
      initialIntervalSeconds: retries.initial_interval_s,
      heartbeatSeconds: retries.heartbeat_timeout_s,
      chunkSeconds: retries.chunk_timeout_s,
      trainSeconds: retries.train_timeout_s,
    },
    searchAttributes: deps.searchAttributes,
    folder: opened.folder,
    warnings: opened.warnings,
  };
}

async function promptTexts(deps: ActivityDeps, recipe: Recipe): Promise<RecipeFile["texts"]> {
  const read = async (field: keyof Recipe["prompt"]): Promise<string> => {
    const name = recipe.prompt[field];
    return readFile(join(deps.root, name), "utf8").catch((cause: unknown) => {
      throw new StepFailure("BadInput", `prompt.${field} "${name}" cannot be read; name a text file.`, { cause });
    });
  };
  const texts = { system: await read("system"), template: await read("template"), answer: await read("answer") };
  checkPromptTexts(texts);
  return texts;
}

async function modelDigests(deps: ActivityDeps, recipe: Recipe): Promise<RecipeFile["models"]> {
  const { planner, critic, evaluator } = recipe;
  const digest = (who: string, model: { backend: string; model: string }): Promise<string> =>
    modelDigest(who, model.backend, deps.root, model.model);
  return {
    planner: await digest("planner", planner),
    critic: await digest("critic", critic),
    evaluator: await digest("evaluator", evaluator),
  };
}

async function importData(
  deps: ActivityDeps,
  context: StepContext,
  recipe: Recipe,
): Promise<{ dataset: ArtifactRef; shards: Shards; hasAnswers: boolean }> {
  const { data, scoring, seed, loop } = recipe;
  const questions = await loadQuestions(join(deps.root, data.path), data.path);
  const hasAnswers = checkAnswers(questions, scoring.method);
  const split = splitQuestions(questions, {
    seed,
    shards: loop.num_iterations,
    heldOut: data.held_out,
    maxSamples: data.max_samples,
  });
  const used = new Set([...split.shards.flat(), ...split.val, ...split.test]);
  const images = await importImages(
    join(deps.root, data.image_root),
    questions.filter((each) => used.has(each.id)),
    { signal: context.signal, onProgress: (done, total) => context.report({ doing: "check images", done, total }) },
  );
  const rows = questions
    .filter((each) => used.has(each.id))
    .map((each) => ({ ...each, image_digests: each.images.map((name) => images.get(name)!.bytes) }));
  const pixels = (ids: readonly string[]): Fingerprint[] => {
    const wanted = new Set(ids);
    return rows
      .filter((each) => wanted.has(each.id))
      .map((each) => ({
        questionId: each.id,
        imageDigests: each.images.map((name) => images.get(name)!.pixels),
        text: each.question,
      }));
  };
  checkLeakage(pixels(split.shards.flat()), pixels([...split.val, ...split.test]));
  const shards = shardsOf(split);
  const recipeOf = {
    step: "dataset",
    version: RESULT_VERSION,
    params: { shards, rows: canonicalDigest(rows) },
    inputs: [],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJsonLines(join(folder, "questions.jsonl"), rows);
    await writeJson(join(folder, "shards.json"), shards);
    return { rows: rows.length };
  });
  return { dataset: ref, shards, hasAnswers };
}

function shardsOf({ shards, val, test }: Split): Shards {
  return { shards, held_out: { val, test } };
}
