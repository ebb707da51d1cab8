import { CancellationScope } from "@temporalio/workflow";

/**
 * Runs `work` for the places `0 … count−1`, at most `window` at a time, starting them in order.
 * When one fails, nothing new is started, what is under way is cancelled and awaited, and the first failure is thrown:
 * whoever goes on after it finds no step of this execution that still works.
 */
export async function inWindow<T>(count: number, window: number, work: (place: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < count && !failed) {
      const place = next++;
      try {
        results[place] = await work(place);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current();
    let first: { error: unknown } | undefined;
    const lanes = Array.from({ length: Math.min(window, count) }, () =>
      lane().catch((error: unknown) => {
        first ??= { error };
        scope.cancel();
      }),
    );
    await Promise.all(lanes);
    if (first) throw first.error;
  });
  return results;
}

/** Both at the same time; when one fails, the other is cancelled and awaited before the failure is thrown. */
export async function together<A, B>(a: () => Promise<A>, b: () => Promise<B>): Promise<[A, B]> {
  const both: readonly (() => Promise<A | B>)[] = [a, b];
  return (await inWindow(2, 2, (place) => both[place]!())) as [A, B];
}
