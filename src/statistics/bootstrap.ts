import type { Measured } from "../contract/progress.ts";
import { quantile } from "./quantiles.ts";
import { rng } from "../seed.ts";

/** A number measured on one question; questions of one scene are not independent and are resampled together. */
export interface Observation {
  readonly question_id: string;
  readonly scene: string;
  readonly value: number;
}

/** A difference of means with its two-sided 95 % interval. */
export interface PairedChange {
  readonly change: number;
  readonly low: number;
  readonly high: number;
  /** Questions that both sides measured. */
  readonly questions: number;
  readonly scenes: number;
}

/** The ends of a two-sided 95 % percentile interval. */
const LOW = 0.025;
const HIGH = 0.975;

/**
 * Paired bootstrap over scenes: how much higher is the mean of `to` than that of `from` on the same questions?
 * Percentile interval (Efron and Tibshirani 1993, chapter 13) with whole scenes drawn with replacement.
 *
 * Questions that only one side measured (the other's was quarantined) are left out; `questions` says how many remain.
 * @returns null where no question was measured by both
 */
export function pairedBootstrap(
  from: readonly Observation[],
  to: readonly Observation[],
  options: { readonly seed: string; readonly resamples: number },
): PairedChange | null {
  const before = new Map(from.map((row) => [row.question_id, row.value]));
  const changes = to.flatMap((row) => {
    const value = before.get(row.question_id);
    return value === undefined ? [] : [{ ...row, value: row.value - value }];
  });
  const interval = sceneBootstrap(changes, options);
  return (
    interval && {
      change: interval.mean,
      low: interval.low,
      high: interval.high,
      questions: changes.length,
      scenes: interval.scenes,
    }
  );
}

/** A mean with the half-width of its 95 % interval, by the same bootstrap; null for no observation. */
export function measured(
  observations: readonly Observation[],
  options: { readonly seed: string; readonly resamples: number },
): Measured | null {
  const interval = sceneBootstrap(observations, options);
  return interval && { mean: interval.mean, half: (interval.high - interval.low) / 2 };
}

function sceneBootstrap(
  observations: readonly Observation[],
  { seed, resamples }: { readonly seed: string; readonly resamples: number },
): { mean: number; low: number; high: number; scenes: number } | null {
  const scenes = sceneSums(observations);
  if (scenes.length === 0) return null;
  const next = rng(seed);
  const means: number[] = [];
  for (let i = 0; i < resamples; i++) means.push(meanOf(scenes.map(() => scenes[Math.floor(next() * scenes.length)]!)));
  means.sort((a, b) => a - b);
  return { mean: meanOf(scenes), low: quantile(means, LOW), high: quantile(means, HIGH), scenes: scenes.length };
}

interface SceneSum {
  readonly sum: number;
  readonly count: number;
}

/** Sums by scene, sorted by scene: the same draws whatever the order of the rows. */
function sceneSums(observations: readonly Observation[]): SceneSum[] {
  return [...Map.groupBy(observations, (row) => row.scene)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rows]) => ({ sum: rows.reduce((sum, row) => sum + row.value, 0), count: rows.length }));
}

function meanOf(scenes: readonly SceneSum[]): number {
  let sum = 0;
  let count = 0;
  for (const scene of scenes) {
    sum += scene.sum;
    count += scene.count;
  }
  return sum / count;
}
