/** Quantiles of the score gap, so that min_score_gap is set by looking. */
export interface GapQuantiles {
  readonly n: number;
  readonly min: number;
  readonly p10: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly max: number;
}

/**
 * A quantile by linear interpolation between order statistics (Hyndman–Fan type 7, numpy's default).
 * @param sorted ascending, not empty
 * @param q 0 to 1
 */
export function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined)
    throw new RangeError("a quantile needs at least one value and q from 0 to 1");
  return below + (above - below) * (place - Math.floor(place));
}

/** null where no question had two samples to compare. */
export function gapQuantiles(gaps: readonly number[]): GapQuantiles | null {
  if (gaps.length === 0) return null;
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (q: number): number => quantile(sorted, q);
  return {
    n: sorted.length,
    min: at(0),
    p10: at(0.1),
    p25: at(0.25),
    p50: at(0.5),
    p75: at(0.75),
    p90: at(0.9),
    max: at(1),
  };
}

/** The middle gap, of an even number the upper one: a gap that a pair really has. null without any. */
export function middleGap(gaps: readonly number[]): number | null {
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? null;
}
