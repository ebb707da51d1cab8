/** Files worked on at once: the disk overlaps their waits, and the memory stays small. */
export const FILES_AT_ONCE = 8;

/**
 * Like Promise.all over `work`, but `atOnce` at a time, and it drains: when an item fails, nothing new is started, what
 * is under way is awaited, and then the first failure is thrown. Whoever is given a device or a folder for the time of
 * a step must not go on working when the step has ended.
 * @param items taken one by one, so that a generator can end them early
 * @returns results in the order of the items
 */
export async function fewAtATime<T, R>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T, place: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items[Symbol.iterator]();
  let places = 0;
  let failed: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (!failed) {
      try {
        const next = queue.next();
        if (next.done) return;
        const place = places++;
        results[place] = await work(next.value, place);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failed) throw failed.error;
  return results;
}
