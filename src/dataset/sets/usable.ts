import type { GivenImage } from "../../image/check.ts";
import type { CallOptions } from "../../model/vlm/backend.ts";
import { type ImageFolder, lookAtImages, type SeenImage } from "../adapters/images.ts";
import { imageNames, imageSentence } from "../import-images.ts";
import type { RowProblem } from "../problems.ts";
import type { ExampleKind, Examples } from "./example.ts";
import { type ExampleSource, readExamples } from "./read.ts";

/** What is trained on: every kind but a benchmark's items. */
export type TrainingKind = Exclude<ExampleKind, "item">;

/** The examples of a set that can be trained on, what their images are, and the rows that cannot be used. */
export interface Usable<K extends TrainingKind> {
  readonly examples: readonly Examples[K][];
  /** By the names that the disk has for them, as the examples have them too. */
  readonly images: ReadonlyMap<string, GivenImage>;
  /** In the order of the file. */
  readonly problems: readonly RowProblem[];
}

export interface Using<K extends TrainingKind> extends CallOptions {
  /** Why an example cannot be trained on though its row is whole, as the end of a sentence. */
  readonly check?: (example: Examples[K]) => string | null;
}

/** Reads every row of a set and looks at every image that one shows. */
export async function usableExamples<K extends TrainingKind>(
  root: string,
  set: ExampleSource,
  kind: K,
  folder: ImageFolder,
  using: Using<K>,
): Promise<Usable<K>> {
  const problems: RowProblem[] = [];
  const read: { readonly row: number; readonly example: Examples[K] }[] = [];
  for await (const each of readExamples(root, set, kind)) {
    using.signal.throwIfAborted();
    const problem = "problem" in each ? each.problem : (using.check?.(each.example) ?? null);
    if ("problem" in each) problems.push(each);
    else if (problem !== null) problems.push({ row: each.row, id: each.example.id, problem });
    else read.push(each);
  }
  const seen = await look(folder, imageNames(read.map(({ example }) => ({ images: example.image }))), using);
  const images = new Map<string, GivenImage>();
  const examples = read.flatMap(({ row, example }): Examples[K][] => {
    const bad = example.image.findIndex((name) => typeof seen.get(name)!.seen === "string");
    if (bad >= 0) {
      const what = imageSentence(example.image, bad, seen.get(example.image[bad]!)!.seen as string);
      problems.push({ row, id: example.id, problem: what });
      return [];
    }
    const spelt = example.image.map((name) => seen.get(name)!);
    for (const each of spelt) images.set(each.name, each.seen as GivenImage);
    return [{ ...example, image: spelt.map(({ name }) => name) }];
  });
  return { examples, images, problems: problems.toSorted((a, b) => a.row - b.row) };
}

/** Every image by the name that rows have for it, with the disk's name. */
async function look(
  folder: ImageFolder,
  names: ReadonlySet<string>,
  { signal, onProgress }: CallOptions,
): Promise<Map<string, { readonly name: string; readonly seen: SeenImage }>> {
  const found = new Map<string, { readonly name: string; readonly seen: SeenImage }>();
  if (names.size === 0) return found;
  await lookAtImages(folder, names, {
    signal,
    onImage: (name, seen, spelt) => {
      found.set(name, { name: spelt, seen });
      onProgress(found.size, names.size);
      return true;
    },
  });
  return found;
}
