import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeJson, writeJsonLines } from "../../src/artifact/files.ts";
import { makeArtifact } from "../../src/artifact/make.ts";
import type { ArtifactRef } from "../../src/contract/artifact.ts";
import { sides } from "../../src/dataset/fingerprints.ts";
import { importImages } from "../../src/dataset/import-images.ts";
import { checkLeakage, type Fingerprint } from "../../src/dataset/leakage.ts";
import type { ImportedQuestion, Question } from "../../src/dataset/question.ts";
import { imageFolder } from "../../src/dataset/source.ts";
import { readData, usedQuestions } from "../../src/pipeline/snowball/data.ts";
import { rowsDigest } from "../../src/dataset/rows-digest.ts";
import type { Split } from "../../src/dataset/shards.ts";
import { StepFailure } from "../../src/failure.ts";
import type { GivenImage } from "../../src/image/check.ts";
import { modelDigest } from "../../src/model/checkpoint.ts";
import { checkPromptTexts } from "../../src/prompt/check.ts";
import { extraPrompts } from "../../src/pipeline/snowball/methods.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { OTHER_FILES, type RecipeFile, type Shards } from "../../src/pipeline/snowball/files.ts";
import type { ActivityDeps } from "../deps.ts";
import type { StepContext } from "../step.ts";
import { digestFile } from "../../src/artifact/digest.ts";
import type { LoadedQuestions } from "../../src/dataset/questions.ts";
import { rowFailure } from "../../src/dataset/problems.ts";
import { refusal } from "../../src/image/read-given.ts";
import { besideOf, MOST_GIVEN } from "../../src/model/image/backend.ts";

/** Raise when the meaning of an imported question or of a split changes. */
const RESULT_VERSION = 1;

/** The texts of the prompt files that the recipe's scoring needs, checked. */
export async function promptTexts(deps: Pick<ActivityDeps, "root">, recipe: Recipe): Promise<RecipeFile["texts"]> {
  const read = async (field: Exclude<keyof Recipe["prompt"], "format">): Promise<string> => {
    const name = recipe.prompt[field];
    // checkTogether refuses a recipe without a file that it needs.
    return readFile(join(deps.root, name!), "utf8").catch((cause: unknown) => {
      throw new StepFailure("BadInput", `prompt.${field} "${name}" cannot be read; name a text file.`, { cause });
    });
  };
  const texts: RecipeFile["texts"] = {
    system: await read("system"),
    template: await read("template"),
    answer: await read("answer"),
    ...Object.fromEntries(
      await Promise.all(extraPrompts(recipe).map(async (field) => [field, await read(field)] as const)),
    ),
  };
  checkPromptTexts(texts);
  return texts;
}

/** What the recipe's models are, by their bytes. */
export async function modelDigests(deps: ActivityDeps, recipe: Recipe): Promise<RecipeFile["models"]> {
  const { planner, critic, evaluator, executor } = recipe;
  const digest = (who: string, model: { backend: string; model: string }): Promise<string> =>
    modelDigest({ field: `${who}.model`, backend: model.backend, trained: who === "planner" }, deps.root, model.model);
  return {
    planner: await digest("planner", planner),
    critic: await digest("critic", critic),
    evaluator: await digest("evaluator", evaluator),
    ...(executor.model !== undefined && {
      executor: await digest("executor", { backend: executor.backend, model: executor.model }),
    }),
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
export async function importData(deps: ActivityDeps, context: StepContext, recipe: Recipe): Promise<Imported> {
  const data = await readData(deps.root, recipe);
  const used = usedQuestions(data);
  const { images, nameOf } = await importImages(
    imageFolder(deps.root, recipe.data, deps.state),
    { name: recipe.data.path ?? "", ...used },
    { signal: context.signal, onProgress: (done, total) => context.report({ doing: "check images", done, total }) },
  );
  const rows = used.rows;
  const questions = used.questions.map((each) => spelt(each, nameOf));
  const { training, heldOut } = sides(questions, data.split, (name) => images.get(name)?.pixels);
  checkLeakage(training, heldOut);
  const shards = shardsOf(data.split);
  refuseTooMany(recipe, { questions, rows });
  const besides = await filesBeside(deps, recipe, { questions, rows });
  const recipeOf = {
    step: "dataset",
    version: RESULT_VERSION,
    params: {
      shards,
      rows: rowsDigest(imported(questions, images)),
      ...(besides.size > 0 && { others: rowsDigest(besides) }),
    },
    inputs: [],
  };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJsonLines(join(folder, "questions.jsonl"), imported(questions, images));
    await writeJson(join(folder, "shards.json"), shards);
    if (besides.size > 0) await writeJson(join(folder, OTHER_FILES), Object.fromEntries(besides));
    return { rows: questions.length };
  });
  return { dataset: ref, shards, hasAnswers: data.hasAnswers, heldOut };
}

/** The question with its images as the disk calls them; nearly always itself. */
function spelt(question: Question, nameOf: (name: string) => string): Question {
  const images = question.images.map(nameOf);
  return images.every((name, place) => name === question.images[place]) ? question : { ...question, images };
}

/** An editor that reads all images of a question reads so many and no more. */
function refuseTooMany({ data, executor }: Recipe, { questions, rows }: LoadedQuestions): void {
  if (executor.images !== "all") return;
  const problems = questions.flatMap(({ id, images }, at) => {
    const problem = `has ${images.length} images, and executor.images all takes ${MOST_GIVEN} at most; first takes any`;
    return images.length > MOST_GIVEN ? [{ row: rows[at]!, id, problem }] : [];
  });
  if (problems.length > 0) throw rowFailure(data.path ?? "", problems);
}

/** Digests of what the executor reads beside the images that it edits. */
async function filesBeside(
  { root }: ActivityDeps,
  { data, executor }: Recipe,
  { questions, rows }: LoadedQuestions,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const [at, { id, images }] of questions.entries()) {
    for (const name of besideOf(executor.backend, images[0]!)) {
      if (found.has(name)) continue;
      const digest = await digestFile(join(root, data.image_root, name)).then((sha256) => ({ sha256 }), refusal);
      if (typeof digest === "string") {
        const problem = `${JSON.stringify(name)}, which executor.backend ${executor.backend} needs beside the image, ${digest}`;
        throw rowFailure(data.path ?? "", [{ row: rows[at]!, id, problem }]);
      }
      found.set(name, digest.sha256);
    }
  }
  return found;
}

/** Made as they are asked for: a large data set is in memory once. */
function* imported(
  questions: readonly Question[],
  images: ReadonlyMap<string, GivenImage>,
): Iterable<ImportedQuestion> {
  for (const each of questions) {
    yield { ...each, image_digests: each.images.map((name) => images.get(name)!.bytes) };
  }
}

function shardsOf({ shards, val, test }: Split): Shards {
  return { shards, held_out: { val, test } };
}
