import type { Measured } from "../contract/table.ts";
import { quantile } from "./quantiles.ts";
import { rng } from "../seed.ts";

/** A number measured on one item; items of one group (a scene) are not independent and are resampled together. */
export interface Observation {
  readonly id: string;
  readonly group: string;
  readonly value: number;
}

/** A difference of means with its two-sided 95 % interval. */
export interface PairedChange {
  readonly change: number;
  readonly low: number;
  readonly high: number;
  /** Items that both sides measured. */
  readonly items: number;
  readonly groups: number;
}

/** The ends of a two-sided 95 % percentile interval. */
const LOW = 0.025;
const HIGH = 0.975;

/**
 * Paired bootstrap over groups: how much higher is the mean of `to` than that of `from` on the same items?
 * Percentile interval (Efron and Tibshirani 1993, chapter 13) with whole groups drawn with replacement.
 *
 * Items that only one side measured (the other's was quarantined) are left out; `items` says how many remain.
 * @returns null where no item was measured by both
 */
export function pairedBootstrap(
  from: readonly Observation[],
  to: readonly Observation[],
  options: { readonly seed: string; readonly resamples: number },
): PairedChange | null {
  const before = new Map(from.map((row) => [row.id, row.value]));
  const changes = to.flatMap((row) => {
    const value = before.get(row.id);
    return value === undefined ? [] : [{ ...row, value: row.value - value }];
  });
  const interval = groupBootstrap(changes, options);
  return (
    interval && {
      change: interval.mean,
      low: interval.low,
      high: interval.high,
      items: changes.length,
      groups: interval.groups,
    }
  );
}

/** A mean with the half-width of its 95 % interval, by the same bootstrap; null for no observation. */
export function measured(
  observations: readonly Observation[],
  options: { readonly seed: string; readonly resamples: number },
): Measured | null {
  const interval = groupBootstrap(observations, options);
  return interval && { mean: interval.mean, half: (interval.high - interval.low) / 2 };
}

function groupBootstrap(
  observations: readonly Observation[],
  { seed, resamples }: { readonly seed: string; readonly resamples: number },
): { mean: number; low: number; high: number; groups: number } | null {
  const sums = groupSums(observations);
  if (sums.length === 0) return null;
  const next = rng(seed);
  const means: number[] = [];
  for (let i = 0; i < resamples; i++) means.push(meanOf(sums.map(() => sums[Math.floor(next() * sums.length)]!)));
  means.sort((a, b) => a - b);
  return { mean: meanOf(sums), low: quantile(means, LOW), high: quantile(means, HIGH), groups: sums.length };
}

interface GroupSum {
  readonly sum: number;
  readonly count: number;
}

/** Sums by group, sorted by group: the same draws whatever the order of the rows. */
function groupSums(observations: readonly Observation[]): GroupSum[] {
  return [...Map.groupBy(observations, (row) => row.group)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rows]) => ({ sum: rows.reduce((sum, row) => sum + row.value, 0), count: rows.length }));
}

function meanOf(sums: readonly GroupSum[]): number {
  let sum = 0;
  let count = 0;
  for (const each of sums) {
    sum += each.sum;
    count += each.count;
  }
  return sum / count;
}
