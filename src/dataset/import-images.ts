import type { GivenImage } from "../image/check.ts";
import type { CallOptions } from "../model/vlm/backend.ts";
import { size as bytes } from "../numbers.ts";
import { type ImageFolder, lookAtImages, MAX_QUESTION_BYTES, type SeenImage } from "./adapters/images.ts";
import type { Question } from "./question.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "./problems.ts";

/** Whoever names images: the questions of a file, or its pairs. */
export interface ImageOwners {
  /** The file as the recipe names it, for messages. */
  readonly name: string;
  readonly questions: readonly Pick<Question, "id" | "images">[];
  /** Their rows, counted from 1. */
  readonly rows: readonly number[];
}

/** Images that can be used, by the names that the disk has for them. */
export interface ImportedImages {
  readonly images: ReadonlyMap<string, GivenImage>;
  /** The disk's name of an image; the row's own, unless the two spell an accent differently. */
  readonly nameOf: (name: string) => string;
}

/**
 * Decodes every image of the questions and records its digests.
 * @throws {StepFailure} BadInput naming the first row whose image is missing, broken, too large or outside image_root
 */
export async function importImages(
  folder: ImageFolder,
  owners: ImageOwners,
  { signal, onProgress }: CallOptions,
): Promise<ImportedImages> {
  const names = imageNames(owners.questions);
  const found = new Map<string, GivenImage>();
  const spellings = new Map<string, string>();
  const nameOf = (name: string): string => spellings.get(name) ?? name;
  const broken = new Map<string, string>();
  await lookAtImages(folder, names, {
    signal,
    onImage: (name, seen, spelt) => {
      if (spelt !== name) spellings.set(name, spelt);
      if (typeof seen === "string") broken.set(name, seen);
      else found.set(spelt, seen);
      onProgress(found.size, names.size);
      return broken.size < MAX_PROBLEMS;
    },
  });
  const problems: RowProblem[] = [];
  for (const [at, { id, images }] of owners.questions.entries()) {
    const problem = imagesProblem(images, (name) => broken.get(name) ?? found.get(nameOf(name)));
    if (problem !== undefined) problems.push({ row: owners.rows[at]!, id, problem });
    if (problems.length === MAX_PROBLEMS) break;
  }
  if (problems.length > 0) throw rowFailure(owners.name, problems);
  return { images: found, nameOf };
}

/** The distinct names, in the order in which they first come. */
export function imageNames(questions: readonly Pick<Question, "images">[]): Set<string> {
  const names = new Set<string>();
  for (const { images } of questions) for (const name of images) names.add(name);
  return names;
}

/** What is wrong with a question's images: the first that cannot be used, or all of them together. */
function imagesProblem(images: readonly string[], seenOf: (name: string) => SeenImage | undefined): string | undefined {
  let size = 0;
  for (const [index, name] of images.entries()) {
    const seen = seenOf(name);
    if (typeof seen === "string") return imageSentence(images, index, seen);
    size += seen?.size ?? 0;
  }
  return sizeProblem(size);
}

/** `images[1] "scenes/77_b.png" is truncated`. */
export function imageSentence(images: readonly string[], index: number, what: string): string {
  return `${images.length === 1 ? "image" : `images[${index}]`} ${JSON.stringify(images[index])} ${what}`;
}

export function sizeProblem(size: number): string | undefined {
  if (size <= MAX_QUESTION_BYTES) return undefined;
  return `its images have ${bytes(size)} together, more than the limit of ${bytes(MAX_QUESTION_BYTES)}; make them smaller`;
}
