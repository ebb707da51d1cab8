import { join } from "node:path";
import { methodsOf } from "../recipe/methods.ts";
import { givenPairsOf, type Recipe } from "../recipe/pipelines/index.ts";
import type { ImageFolder } from "./adapters/images.ts";
import { checkAnswers } from "./answers.ts";
import type { Question } from "./question.ts";
import { type LoadedQuestions, loadQuestions, type QuestionFile } from "./questions.ts";
import { type Split, splitQuestions } from "./shards.ts";

export interface ReadData extends LoadedQuestions {
  readonly hasAnswers: boolean;
  readonly split: Split;
}

/** Where a recipe's questions are; undefined where it starts from pairs and has none. */
export function questionFile(root: string, { data }: Recipe): QuestionFile | undefined {
  return data.path === undefined ? undefined : { path: join(root, data.path), name: data.path, format: data.format };
}

/**
 * Where a recipe's images are.
 * @param state folder of this host; what is found of the images is kept in it
 */
export function imageFolder(root: string, { data }: Recipe, state?: string): ImageFolder {
  const memory = state === undefined ? {} : { memory: join(state, "looked-at") };
  return { path: join(root, data.image_root), maxPixels: data.max_image_pixels, ...memory };
}

/**
 * Reads a recipe's questions and splits them, without a look at any image.
 * @param root folder that the recipe's paths start from
 * @throws {StepFailure} BadInput for what is not usable as given
 */
export async function readData(root: string, recipe: Recipe): Promise<ReadData> {
  const file = questionFile(root, recipe);
  // Pairs can come without questions: nothing is measured then.
  const loaded = file ? await loadQuestions(file) : { questions: [], rows: [] };
  const hasAnswers = checkAnswers(loaded.questions, methodsOf(recipe));
  return { ...loaded, hasAnswers, split: splitFor(recipe, loaded.questions) };
}

/** Splits questions as a recipe says. A round that starts from pairs has no training questions. */
export function splitFor(recipe: Recipe, questions: readonly Question[]): Split {
  const { data, seed, loop } = recipe;
  return splitQuestions(questions, {
    seed,
    shards: givenPairsOf(recipe) === undefined ? loop.num_iterations : 0,
    heldOut: data.held_out,
    maxSamples: data.max_samples,
  });
}

/** The questions that a run works on, with their rows, in the order of the file. */
export function usedQuestions({ questions, rows, split }: ReadData): LoadedQuestions {
  const used = new Set([...split.shards.flat(), ...split.val, ...split.test]);
  if (used.size === questions.length) return { questions, rows };
  const kept = questions.flatMap((each, at) => (used.has(each.id) ? [at] : []));
  return { questions: kept.map((at) => questions[at]!), rows: kept.map((at) => rows[at]!) };
}
