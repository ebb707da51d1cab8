import type { ScoreRow } from "../contract/measurement.ts";
import type { Measured } from "../contract/table.ts";
import { seedFor } from "../seed.ts";
import { measured, type Observation } from "./bootstrap.ts";

/** Where a measurement keeps its rows, in its artifact. */
export const SCORES_FILE = "scores.jsonl";

export interface Resampling {
  readonly seed: string;
  readonly resamples: number;
}

/** One score of a measurement's rows; those that could not be measured are left out. */
export function observationsOf(rows: Iterable<ScoreRow>, score: string, split: string): Observation[] {
  const found: Observation[] = [];
  for (const { id, group, scores, parts, ...row } of rows) {
    const value = scores[score] ?? null;
    const part = parts?.[score];
    if (row.split === split && value !== null) found.push({ id, group, value, ...(part !== undefined && { part }) });
  }
  return found;
}

/** Means of every score on a split, with 95 % intervals; null where no row could be measured. */
export function scoresOf(
  rows: readonly ScoreRow[],
  names: readonly string[],
  split: string,
  { seed, resamples }: Resampling,
): Record<string, Measured | null> {
  return Object.fromEntries(
    names.map((name) => [name, measured(observationsOf(rows, name, split), { seed: seedFor(seed, name), resamples })]),
  );
}
