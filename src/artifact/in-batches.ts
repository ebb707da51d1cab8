/** Files worked on at a time: the disk overlaps their waits, and the memory stays small. */
const AT_ONCE = 8;

/** Like Promise.all over `work`, a few at a time; results in the order of the items. */
export async function inBatches<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
}
