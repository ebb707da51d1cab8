import { methodsOf } from "./methods.ts";
import { givenPairsOf, type Recipe } from "./recipe/index.ts";
import { checkAnswers } from "./answers.ts";
import { questionFile } from "../../dataset/source.ts";
import type { Question } from "../../dataset/question.ts";
import { type LoadedQuestions, loadQuestions, type QuestionFile } from "../../dataset/questions.ts";
import { type Split, splitQuestions } from "../../dataset/shards.ts";

export interface ReadData extends LoadedQuestions {
  readonly hasAnswers: boolean;
  readonly split: Split;
}

/** Where a recipe's questions are; undefined where it starts from pairs and has none. */
export function questionsOf(root: string, { data }: Recipe): QuestionFile | undefined {
  const { path, format } = data;
  return path === undefined ? undefined : questionFile(root, { path, format });
}

/**
 * Reads a recipe's questions and splits them, without a look at any image.
 * @param root folder that the recipe's paths start from
 * @throws {StepFailure} BadInput for what is not usable as given
 */
export async function readData(root: string, recipe: Recipe): Promise<ReadData> {
  const file = questionsOf(root, recipe);
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
