/** How often a run started over because artifacts were lost: what the next execution has to know of it. */
export interface Remakes {
  /** Times that nothing was lost but what had been made again before. */
  readonly vain: number;
  /** Keys of all that was ever lost. */
  readonly lost: readonly string[];
}

/** Remakes in vain before a run says that its storage cannot be trusted. What is lost for the first time is not counted. */
const MAX_VAIN = 5;

/**
 * The count after a step has lost these artifacts, or null when it is time to stop.
 * @param before the count so far; a number in executions that began when only their number was known
 */
export function remakesAfter(before: Remakes | number, keys: readonly string[]): Remakes | null {
  const { vain, lost } = typeof before === "number" ? { vain: before, lost: [] } : before;
  const fresh = keys.filter((key) => !lost.includes(key));
  if (fresh.length > 0) return { vain, lost: [...lost, ...fresh] };
  return vain < MAX_VAIN ? { vain: vain + 1, lost } : null;
}
