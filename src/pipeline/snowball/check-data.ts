import { join } from "node:path";
import { count, plural } from "../../numbers.ts";
import type { CheckOptions } from "../pipeline.ts";
import { leftOutLine } from "./cost/lines.ts";
import { methodsOf } from "./methods.ts";
import { givenPairsOf, type Recipe } from "./recipe/index.ts";
import { checkAnswers } from "./answers.ts";
import { checkImages } from "../../dataset/check-images.ts";
import { allRows, pairRows } from "../../dataset/check-rows.ts";
import { fingerprints, type PixelsOf, sides } from "../../dataset/fingerprints.ts";
import { findLeaks, leakSentence } from "../../dataset/leakage.ts";
import { type LoadedQuestions, type QuestionFile, questionRows } from "../../dataset/questions.ts";
import { imageFolder } from "../../dataset/source.ts";
import { questionsOf, splitFor } from "./data.ts";
import { type Report, reporting, rowSentence } from "../../dataset/problems.ts";
import type { LeftOut, Split } from "../../dataset/shards.ts";

/** What is usable of a recipe's data. */
export interface DataSummary {
  readonly questions: number;
  readonly pairs: number;
  /** Questions with an answer. */
  readonly answered: number;
  /** Distinct names. */
  readonly images: number;
  readonly scenes: number;
  /** Questions by question_type. */
  readonly families: Readonly<Record<string, number>>;
  /** Usable questions that a run would not use; null where they cannot be split, or there are none. */
  readonly leftOut: LeftOut | null;
}

/** Families that are listed one by one; more are a field that is no family. */
const MANY_FAMILIES = 24;

const NOTHING: LoadedQuestions = { questions: [], rows: [] };

/**
 * Looks at all of a recipe's data, also at what the run would leave out, and reports everything that is wrong with it;
 * the import stops at the first.
 * @param root folder that the recipe's paths start from
 */
export async function checkData(root: string, recipe: Recipe, options: CheckOptions): Promise<DataSummary> {
  const { report } = options;
  const file = questionsOf(root, recipe);
  const pairsFile = givenPairsOf(recipe);
  const asked = file ? await allRows(file.name, questionRows(file), report) : NOTHING;
  const pairs =
    pairsFile === undefined ? NOTHING : await allRows(pairsFile, pairRows(join(root, pairsFile), pairsFile), report);
  if (file) checkAnswered(recipe, file, asked, report);
  const owners = [
    { name: file?.name ?? "", ...asked },
    { name: pairsFile ?? "", ...pairs },
  ];
  const images = await checkImages(imageFolder(root, recipe.data, options.state), owners, options);
  const split =
    file && asked.questions.length > 0
      ? checkSides(recipe, file, asked, { pairs, pixelsOf: (name) => images.get(name), report })
      : undefined;
  return {
    questions: asked.questions.length,
    pairs: pairs.questions.length,
    answered: asked.questions.filter((each) => each.answer !== undefined).length,
    images: images.size,
    scenes: new Set(asked.questions.map((each) => each.scene)).size,
    families: countOf(asked.questions.map((each) => each.question_type)),
    leftOut: split?.leftOut ?? null,
  };
}

/** In a mixed set every row without an answer is named: nobody knows which of them were meant to have one. */
function checkAnswered(
  recipe: Recipe,
  { name }: QuestionFile,
  { questions, rows }: LoadedQuestions,
  report: Report,
): void {
  const without = [...questions.keys()].filter((at) => questions[at]!.answer === undefined);
  if (without.length === 0 || without.length === questions.length) {
    reporting(name, report, () => checkAnswers(questions, methodsOf(recipe)));
    return;
  }
  for (const at of without) {
    const problem = { row: rows[at]!, id: questions[at]!.id, problem: "it has no answer while others have one" };
    report({ file: name, row: problem.row, id: problem.id, sentence: rowSentence(name, problem) });
  }
}

/** Is there enough to split, and does training see what is held out? */
function checkSides(
  recipe: Recipe,
  { name }: QuestionFile,
  { questions }: LoadedQuestions,
  others: { readonly pairs: LoadedQuestions; readonly pixelsOf: PixelsOf; readonly report: Report },
): Split | undefined {
  const { pairs, pixelsOf, report } = others;
  const split = reporting(name, report, () => splitFor(recipe, questions));
  if (!split) return undefined;
  const { training, heldOut } = sides(questions, split, pixelsOf);
  const named = pairs.questions.map((each) => ({ ...each, id: `pair ${each.id}` }));
  for (const leaks of [findLeaks(training, heldOut).leaks, findLeaks(fingerprints(named, pixelsOf), heldOut).leaks]) {
    for (const leak of leaks) report({ file: name, id: leak.heldOut.questionId, sentence: leakSentence(leak) });
  }
  return split;
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** What is usable, in lines for a person. */
export function summaryLines(summary: DataSummary): string[] {
  const { questions, answered, images, scenes, families, pairs, leftOut } = summary;
  const unused = leftOut && leftOutLine(leftOut);
  const all = [
    questions > 0 &&
      `${plural(questions, "question")} (${answered === questions ? "all" : count(answered)} with an answer)`,
    pairs > 0 && plural(pairs, "pair"),
    plural(images, "image"),
    questions > 0 && plural(scenes, "scene"),
  ];
  const named = Object.entries(families).toSorted(([, a], [, b]) => b - a);
  const list = named.slice(0, MANY_FAMILIES).map(([name, own]) => `${name} ${count(own)}`);
  const more = named.length > MANY_FAMILIES ? [`${count(named.length - MANY_FAMILIES)} more`] : [];
  return [
    `usable    ${all.filter((part) => part !== false).join(" · ")}`,
    ...(named.length > 1 ? [`families  ${[...list, ...more].join(" · ")}`] : []),
    ...(unused === null ? [] : [`left out  ${unused}`]),
  ];
}
