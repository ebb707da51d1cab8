import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeJson, writeJsonLines } from "../src/artifact/files.ts";
import { canonicalDigest } from "../src/artifact/key.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import { importImages } from "../src/dataset/adapters/images.ts";
import { loadQuestions } from "../src/dataset/adapters/mmsi.ts";
import { checkAnswers } from "../src/dataset/answers.ts";
import { checkLeakage, type Fingerprint } from "../src/dataset/leakage.ts";
import { type Split, splitQuestions } from "../src/dataset/shards.ts";
import { StepFailure } from "../src/failure.ts";
import { modelDigest } from "../src/model/checkpoint.ts";
import { checkPromptTexts } from "../src/prompt/check.ts";
import { givenPairsOf, type Recipe } from "../src/recipe/pipelines/index.ts";
import type { RecipeFile, Shards } from "../src/run/files.ts";
import type { ActivityDeps } from "./deps.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of an imported question or of a split changes. */
const RESULT_VERSION = 1;

/** The texts of the prompt files, checked. */
export async function promptTexts(deps: ActivityDeps, recipe: Recipe): Promise<RecipeFile["texts"]> {
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

/** What the recipe's models are, by their bytes. */
export async function modelDigests(deps: ActivityDeps, recipe: Recipe): Promise<RecipeFile["models"]> {
  const { planner, critic, evaluator } = recipe;
  const digest = (who: string, model: { backend: string; model: string }): Promise<string> =>
    modelDigest(who, model.backend, deps.root, model.model);
  return {
    planner: await digest("planner", planner),
    critic: await digest("critic", critic),
    evaluator: await digest("evaluator", evaluator),
  };
}

export interface Imported {
  readonly dataset: ArtifactRef;
  readonly shards: Shards;
  readonly hasAnswers: boolean;
  /** What the held-out questions look like: pairs of the user's own must not show any of it. */
  readonly heldOut: readonly Fingerprint[];
}

/**
 * Reads the questions and every image, splits them by picture, and refuses what leaks or is broken. A round that starts
 * from pairs has no training questions.
 */
export async function importData(
  deps: ActivityDeps,
  context: StepContext,
  recipe: Recipe,
): Promise<Imported> {
  const { data, scoring, seed, loop } = recipe;
  // Pairs can come without questions: nothing is measured then.
  const questions = data.path === undefined ? [] : await loadQuestions(join(deps.root, data.path), data.path);
  const hasAnswers = checkAnswers(questions, scoring.method);
  const split = splitQuestions(questions, {
    seed,
    shards: givenPairsOf(recipe) === undefined ? loop.num_iterations : 0,
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
  const heldOut = pixels([...split.val, ...split.test]);
  checkLeakage(pixels(split.shards.flat()), heldOut);
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
  return { dataset: ref, shards, hasAnswers, heldOut };
}

function shardsOf({ shards, val, test }: Split): Shards {
  return { shards, held_out: { val, test } };
}
