import type { ForeignSample } from "./foreign-rows.ts";

/**
 * Values that the field's scripts write where a measurement failed, by their method: the judge's reply that could not be
 * read (5), an answer without probabilities (−10), both at once (2.5), and 0 for whatever went wrong. A judge may mean a
 * 5, but nothing tells it from a default.
 */
const DEFAULTS: Readonly<Record<string, readonly number[]>> = {
  confidence: [-10, 0],
  explicit: [5, 0],
  both: [2.5, 0],
};

const ANY = [...new Set(Object.values(DEFAULTS).flat())];

/**
 * What failed where a sample has a score all the same; undefined for a score that was measured.
 * @param method of the run, for rows that do not say their own
 * @param lacking views that were asked for and are missing or broken
 */
export function failedScore(sample: ForeignSample, method: string | undefined, lacking: number): string | undefined {
  const { text, instructions, score } = sample;
  if (score === null) return undefined;
  if (text.trim() === "") return "scored although nothing was sampled";
  if (instructions.length === 0) return undefined;
  if (lacking > 0) return "scored without views that are missing or broken";
  const defaults = DEFAULTS[sample.method ?? method ?? ""] ?? ANY;
  return defaults.includes(score) ? `scored exactly ${score}, which is also what a failed judge leaves` : undefined;
}
