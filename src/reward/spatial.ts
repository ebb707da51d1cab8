import type { Judged, Reward, Scored } from "./reward.ts";
import { plain, termsIn, wordsOf } from "./words.ts";

/** What relations between things are called. */
export const RELATIONS = [
  "left",
  "right",
  "above",
  "below",
  "in front of",
  "behind",
  "inside",
  "outside",
  "on",
  "under",
  "next to",
  "near",
  "far from",
  "between",
  "among",
  "around",
  "through",
] as const;

const relationsIn = termsIn(RELATIONS);

const WEIGHTS = { exact: 0.5, relation: 0.3, format: 0.2, f1: 0.3 };

/** An answer without a relation where the truth has none says nothing wrong; one with a relation may. */
const CLAIMED = 0.5;

/** Characters of an answer that is one. */
const SHORTEST = 5;
const LONGEST = 500;
/** Least share of distinct words, of those texts that have more than so many. */
const DISTINCT = 0.3;
const FEW_WORDS = 3;
const MALFORMED = 0.3;
const LONG_WINDED = 0.7;

/**
 * An answer about where things are: reward = clip(2R − 1, −1, 1) with
 * R = .5 · exact + .3 · relation + .2 · format, and .3 · F1 of the words where the answer is not exact.
 *
 * Texts are trimmed and in lower case. `relation` is the share of the truth's relations that the answer has. Relations
 * are whole terms, the longest first; scripts that look for substrings find "on" in "front" and "left" in "leftover".
 * An exact answer of fewer than five characters ("left") is malformed by the rule of lengths: .72, and not 1.
 */
export const spatial: Reward = {
  version: 1,
  problem: ({ truth }) => (plain(truth) === "" ? "has no true answer" : null),
  score: ({ truth }: Judged, text: string): Scored => {
    const parts = {
      exact: plain(text) === plain(truth) ? 1 : 0,
      relation: relationShare(truth, text),
      format: wellFormed(text),
      f1: wordF1(truth, text),
    };
    const { exact, relation, format, f1 } = parts;
    const close = exact === 1 ? 0 : WEIGHTS.f1 * f1;
    const raw = WEIGHTS.exact * exact + WEIGHTS.relation * relation + WEIGHTS.format * format + close;
    return { reward: Math.max(-1, Math.min(1, 2 * raw - 1)), parts };
  },
};

/** The share of the truth's relations that the answer has. */
export function relationShare(truth: string, text: string): number {
  const wanted = new Set(relationsIn(truth));
  const found = new Set(relationsIn(text));
  if (wanted.size === 0) return found.size === 0 ? 1 : CLAIMED;
  return [...wanted].filter((relation) => found.has(relation)).length / wanted.size;
}

/** How much of an answer a text is by its length and its repetitions. */
export function wellFormed(text: string): number {
  const { length } = plain(text);
  if (length < SHORTEST) return MALFORMED;
  if (length > LONGEST) return LONG_WINDED;
  const words = wordsOf(text);
  return words.length > FEW_WORDS && new Set(words).size < DISTINCT * words.length ? MALFORMED : 1;
}

/** F1 of the words of two texts, each counted as often as it stands there (Rajpurkar et al. 2016). */
export function wordF1(truth: string, text: string): number {
  const wanted = wordsOf(truth);
  const found = wordsOf(text);
  const left = [...wanted];
  const shared = found.filter((word) => {
    const at = left.indexOf(word);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  }).length;
  return shared === 0 ? 0 : (2 * shared) / (wanted.length + found.length);
}
