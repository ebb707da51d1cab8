import type { CallOptions } from "../model/vlm/backend.ts";
import { type ImageFolder, lookAtImages } from "./adapters/images.ts";
import { type ImageOwners, imageSentence, sizeProblem } from "./import-images.ts";
import { type Report, reportFailure, type RowProblem, rowSentence } from "./problems.ts";

/** Who names an image: the first row, and how many others. */
interface Owner {
  readonly file: string;
  readonly row: number;
  readonly id: string;
  readonly images: readonly string[];
  readonly index: number;
  others: number;
}

/**
 * Looks at every image that the rows name, and reports each that cannot be used once, at the first row that names it.
 * @returns the digests of the pixels of all others
 */
export async function checkImages(
  folder: ImageFolder,
  files: readonly ImageOwners[],
  { signal, onProgress, report }: CallOptions & { readonly report: Report },
): Promise<ReadonlyMap<string, string>> {
  const owners = ownersOf(files);
  const pixels = new Map<string, string>();
  const sizes = new Map<string, number>();
  let done = 0;
  if (owners.size === 0) return pixels;
  try {
    await lookAtImages(folder, owners.keys(), {
      signal,
      onImage: (name, seen) => {
        if (typeof seen === "string") reportImage(owners.get(name)!, seen, report);
        else {
          pixels.set(name, seen.pixels);
          sizes.set(name, seen.size);
        }
        onProgress(++done, owners.size);
        return true;
      },
    });
  } catch (error) {
    reportFailure(folder.path, report, error);
  }
  for (const file of files) checkSizes(file, sizes, report);
  return pixels;
}

function ownersOf(files: readonly ImageOwners[]): Map<string, Owner> {
  const owners = new Map<string, Owner>();
  for (const { name: file, questions, rows } of files) {
    for (const [at, { id, images }] of questions.entries()) {
      for (const [index, image] of images.entries()) {
        const first = owners.get(image);
        if (first) first.others++;
        else owners.set(image, { file, row: rows[at]!, id, images, index, others: 0 });
      }
    }
  }
  return owners;
}

function reportImage({ file, row, id, images, index, others }: Owner, what: string, report: Report): void {
  const more = others === 0 ? "" : ` (${others} more ${others === 1 ? "question names" : "questions name"} it)`;
  tell(file, { row, id, problem: imageSentence(images, index, what) + more }, report);
}

function checkSizes({ name, questions, rows }: ImageOwners, sizes: ReadonlyMap<string, number>, report: Report): void {
  for (const [at, { id, images }] of questions.entries()) {
    const problem = sizeProblem(images.reduce((sum, image) => sum + (sizes.get(image) ?? 0), 0));
    if (problem !== undefined) tell(name, { row: rows[at]!, id, problem }, report);
  }
}

function tell(file: string, { row, id, problem }: Required<RowProblem>, report: Report): void {
  report({ file, row, id, sentence: rowSentence(file, { row, id, problem }) });
}
