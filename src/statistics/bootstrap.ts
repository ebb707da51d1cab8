import type { ScorePart } from "../contract/measurement.ts";
import type { Measured } from "../contract/table.ts";
import { quantile } from "./quantiles.ts";
import { rng } from "../seed.ts";

/** A number measured on one item; items of one group (a scene) are not independent and are resampled together. */
export interface Observation {
  readonly id: string;
  readonly group: string;
  readonly value: number;
  /** Of a score that is a mean of parts: the part that this counts in. Absent: the score is the mean of all values. */
  readonly part?: ScorePart;
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
 * @returns null where no item was measured by both, or none of some part of the score
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

/**
 * A mean with the half-width of its 95 % interval, by the same bootstrap; null for no observation, and where a part of
 * the score has none: the mean of the others is another score.
 */
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
  const parts = partsOf(observations);
  if (parts === null) return null;
  const strata = strataOf(observations, parts);
  const next = rng(seed);
  const means: number[] = [];
  for (let i = 0; i < resamples; i++) {
    const drawn = strata.flatMap((groups) => groups.map(() => groups[Math.floor(next() * groups.length)]!));
    means.push(meanOf(drawn, parts));
  }
  means.sort((a, b) => a - b);
  const groups = strata.flat();
  return { mean: meanOf(groups, parts), low: quantile(means, LOW), high: quantile(means, HIGH), groups: groups.length };
}

/** The one part of a score that has no parts. */
const WHOLE: ScorePart = { name: "", weight: 1 };

/** Weights that add up to 1 but for the rounding of numbers. */
const EPSILON = 1e-9;

/** A score's parts, by name; null where the observations leave out one, or there are none. */
function partsOf(observations: readonly Observation[]): ScorePart[] | null {
  const parts = new Map(observations.map(({ part = WHOLE }) => [part.name, part]));
  const sum = [...parts.values()].reduce((all, { weight }) => all + weight, 0);
  return Math.abs(sum - 1) < EPSILON ? [...parts.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)) : null;
}

/** What was observed of a group, part by part. */
interface GroupSums {
  readonly sums: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Groups by the parts that they count in, sorted, and each of them sorted by group: the same draws whatever the order of
 * the rows. Each stratum is resampled by itself, so that a part is never without a group.
 */
function strataOf(observations: readonly Observation[], parts: readonly ScorePart[]): GroupSums[][] {
  const groups = [...Map.groupBy(observations, (row) => row.group)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, rows]): GroupSums => {
      const own = parts.map(({ name }) => rows.filter(({ part = WHOLE }) => part.name === name));
      return {
        sums: own.map((each) => each.reduce((sum, row) => sum + row.value, 0)),
        counts: own.map((each) => each.length),
      };
    });
  const strata = Map.groupBy(groups, ({ counts }) => counts.map((count) => (count > 0 ? 1 : 0)).join(""));
  return [...strata].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** The means of the parts, times their weights. */
function meanOf(groups: readonly GroupSums[], parts: readonly ScorePart[]): number {
  let mean = 0;
  for (const [at, { weight }] of parts.entries()) {
    let sum = 0;
    let count = 0;
    for (const { sums, counts } of groups) {
      sum += sums[at]!;
      count += counts[at]!;
    }
    mean += weight * (sum / count);
  }
  return mean;
}
