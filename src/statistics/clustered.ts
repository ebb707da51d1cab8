/** A mean with its standard error. */
export interface Estimate {
  readonly mean: number;
  readonly standard_error: number;
}

/**
 * The mean of values that are not independent within their groups, with the standard error of clustered sampling:
 * √(G/(G−1) · Σ over groups of (sum of its deviations)²) / n (Cochran 1977, ch. 11). null for no values; a standard
 * error of 0 for a single group, which says nothing of it.
 */
export function clusteredMean(values: readonly { readonly group: string; readonly value: number }[]): Estimate | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = values.reduce((sum, each) => sum + each.value, 0) / n;
  const sums = new Map<string, number>();
  for (const { group, value } of values) sums.set(group, (sums.get(group) ?? 0) + value - mean);
  const groups = sums.size;
  if (groups < 2) return { mean, standard_error: 0 };
  const squares = [...sums.values()].reduce((sum, each) => sum + each * each, 0);
  return { mean, standard_error: Math.sqrt((groups / (groups - 1)) * squares) / n };
}
