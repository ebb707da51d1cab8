import type { ScorePart } from "../contract/measurement.ts";
import type { Question } from "../dataset/question.ts";

/**
 * A score of a benchmark beside its accuracy: the share of right answers among some items, or the plain mean of such
 * scores, whatever numbers of items they have. No item is in two of the parts that a mean is made of.
 */
export type Score =
  | { readonly part: string; readonly has: (item: Question) => boolean }
  | { readonly meanOf: readonly Score[] };

/** The part of a score that an item counts in, with its weight in the score; undefined where it counts in none. */
export function partOf(score: Score, item: Question, weight = 1): ScorePart | undefined {
  if ("part" in score) return score.has(item) ? { name: score.part, weight } : undefined;
  for (const each of score.meanOf) {
    const part = partOf(each, item, weight / score.meanOf.length);
    if (part !== undefined) return part;
  }
  return undefined;
}
