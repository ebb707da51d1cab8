import type { Fingerprint } from "./leakage.ts";
import type { Question } from "./question.ts";
import type { Split } from "./shards.ts";

/** The digest of an image's pixels, by its name; undefined for one that cannot be used. */
export type PixelsOf = (name: string) => string | undefined;

/** The two sides of a split as a model sees them. The training side is made as it is read, for it is the larger one. */
export function sides(
  questions: readonly Question[],
  split: Split,
  pixelsOf: PixelsOf,
): { readonly training: Iterable<Fingerprint>; readonly heldOut: readonly Fingerprint[] } {
  return {
    training: fingerprints(questions, pixelsOf, new Set(split.shards.flat())),
    heldOut: [...fingerprints(questions, pixelsOf, new Set([...split.val, ...split.test]))],
  };
}

/** Questions as a model sees them, those of these ids or all; images that cannot be used are left out. */
export function* fingerprints(
  questions: Iterable<Question>,
  pixelsOf: PixelsOf,
  ids?: ReadonlySet<string>,
): Iterable<Fingerprint> {
  for (const { id, images, question } of questions) {
    if (ids && !ids.has(id)) continue;
    const imageDigests = images.map(pixelsOf).filter((digest) => digest !== undefined);
    yield { questionId: id, imageDigests, text: question };
  }
}
