import { stat } from "node:fs/promises";
import { join } from "node:path";
import { refusal } from "../../image/read-given.ts";
import type { Recipe } from "./recipe/index.ts";
import { imageNames, imageSentence } from "../../dataset/import-images.ts";
import type { LoadedQuestions } from "../../dataset/questions.ts";
import { readData, usedQuestions } from "./data.ts";
import { MAX_PROBLEMS, rowFailure } from "../../dataset/problems.ts";
import { fewAtATime, FILES_AT_ONCE } from "../../few-at-a-time.ts";
import { spellingOf } from "../../dataset/adapters/find-image.ts";
import type { LeftOut } from "../../dataset/shards.ts";

/** How large a run's data is. */
export interface DataSize {
  /** In the file; a run with max_samples uses fewer. */
  readonly questions: number;
  readonly hasAnswers: boolean;
  /** Training questions, per shard. */
  readonly shards: readonly number[];
  readonly val: number;
  readonly test: number;
  readonly leftOut: LeftOut;
  /** Distinct image files that the run uses. */
  readonly images: number;
  readonly imageBytes: number;
}

/**
 * Sizes of a recipe's data, for a plan of its costs: reads and splits the questions and asks for the images' sizes, but
 * decodes none, which takes seconds where the import takes minutes.
 * @param root folder that the recipe's paths start from
 * @throws {StepFailure} BadInput for what is not usable as given, a missing image included
 */
export async function inspectData(root: string, recipe: Recipe): Promise<DataSize> {
  const data = await readData(root, recipe);
  const { questions, hasAnswers, split } = data;
  const used = usedQuestions(data);
  const names = [...imageNames(used.questions)];
  const folder = join(root, recipe.data.image_root);
  const sizes = await fewAtATime(names, FILES_AT_ONCE, async (name) => {
    try {
      return (await stat(join(folder, await spellingOf(folder, name)))).size;
    } catch (error) {
      return refusal(error);
    }
  });
  refuseMissing(recipe.data.path ?? "", used, new Set(names.filter((_, at) => typeof sizes[at] === "string")));
  return {
    questions: questions.length,
    hasAnswers,
    shards: split.shards.map((ids) => ids.length),
    val: split.val.length,
    test: split.test.length,
    leftOut: split.leftOut,
    images: names.length,
    imageBytes: sizes.reduce<number>((sum, size) => sum + Number(size), 0),
  };
}

function refuseMissing(name: string, { questions, rows }: LoadedQuestions, missing: ReadonlySet<string>): void {
  if (missing.size === 0) return;
  const problems = questions.flatMap(({ id, images }, at) => {
    const index = images.findIndex((image) => missing.has(image));
    const problem = index < 0 ? "" : imageSentence(images, index, "cannot be found under data.image_root");
    return index < 0 ? [] : [{ row: rows[at]!, id, problem }];
  });
  throw rowFailure(name, problems.slice(0, MAX_PROBLEMS));
}
