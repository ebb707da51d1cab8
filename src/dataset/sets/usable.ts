import type { GivenImage } from "../../image/check.ts";
import type { CallOptions } from "../../model/vlm/backend.ts";
import { type ImageFolder, lookAtImages, type SeenImage } from "../adapters/images.ts";
import { imageNames, imageSentence } from "../import-images.ts";
import type { RowProblem } from "../problems.ts";
import type { ExampleKind, Examples } from "./example.ts";
import { type ExampleSource, readExamples } from "./read.ts";

/** What is trained on: every kind but a benchmark's items. */
export type TrainingKind = Exclude<ExampleKind, "item">;

/** The examples of a set that can be used, what their images are, and the rows that cannot. */
export interface Usable<K extends ExampleKind> {
  readonly examples: readonly Examples[K][];
  /** By the names that the disk has for them, as the examples have them too. */
  readonly images: ReadonlyMap<string, GivenImage>;
  /** In the order of the file. */
  readonly problems: readonly RowProblem[];
}

export interface Using<K extends ExampleKind> extends CallOptions {
  /**
   * Why an example cannot be used though its row is whole, as the end of a sentence.
   * @param pixels digests of its images' pixels, when it is asked once more after they were looked at
   */
  readonly check?: (example: Examples[K], pixels?: readonly string[]) => string | null;
}

/** The names of an example's images. */
export function imagesOf(example: Examples[ExampleKind]): readonly string[] {
  return "image" in example ? example.image : example.images;
}

/** Reads every row of a set and looks at every image that one shows. */
export async function usableExamples<K extends ExampleKind>(
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
  const seen = await look(folder, imageNames(read.map(({ example }) => ({ images: imagesOf(example) }))), using);
  const images = new Map<string, GivenImage>();
  const examples = read.flatMap(({ row, example }): Examples[K][] => {
    const names = imagesOf(example);
    const bad = names.findIndex((name) => typeof seen.get(name)!.seen === "string");
    if (bad >= 0) {
      const what = imageSentence(names, bad, seen.get(names[bad]!)!.seen as string);
      problems.push({ row, id: example.id, problem: what });
      return [];
    }
    const spelt = names.map((name) => seen.get(name)!);
    const pixels = spelt.map((each) => (each.seen as GivenImage).pixels);
    const problem = using.check?.(example, pixels) ?? null;
    if (problem !== null) {
      problems.push({ row, id: example.id, problem });
      return [];
    }
    for (const each of spelt) images.set(each.name, each.seen as GivenImage);
    const image = spelt.map(({ name }) => name);
    return [{ ...example, ...("image" in example ? { image } : { images: image }) }];
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
