import { pairwise } from "../../benchmark/pairwise.ts";
import type { Question } from "../../dataset/question.ts";
import { seedFor } from "../../seed.ts";

/** Why a pair cannot be judged, as the end of a sentence; null when it can. */
export function pairProblem(item: Question, pixels?: readonly string[]): string | null {
  return pairwise.problem(item, pixels) ?? null;
}

/** At most so many pairs, chosen by the seed, in their order. */
export function chosenPairs<T extends { readonly id: string }>(
  items: readonly T[],
  most: number | undefined,
  seed: number,
): readonly T[] {
  if (most === undefined || most >= items.length) return items;
  const hashed = items.map(({ id }, at) => ({ at, hash: seedFor(seed, "pair", id) }));
  const taken = hashed.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, most);
  return taken
    .map(({ at }) => at)
    .toSorted((a, b) => a - b)
    .map((at) => items[at]!);
}
