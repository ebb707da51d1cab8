import { ApplicationFailure, CancellationScope } from "@temporalio/workflow";
import { FAILURES, type FailureType } from "../../src/contract/failures.ts";
import type { ChunkRef } from "../../src/contract/run.ts";

/** A model process may die once for reasons of its own; the second time on the same chunk, the chunk is suspected. */
const CRASHES_BEFORE_ISOLATION = 2;

/** The type of the failure at the bottom of a chain of activity and child-workflow failures. */
export function failureType(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure) return cause.type ?? undefined;
  }
  return undefined;
}

function rootMessage(error: unknown): string {
  let message = String(error);
  for (let cause = error; cause instanceof Error; cause = cause.cause) message = cause.message;
  return message;
}

/**
 * Runs `work` for the chunks `0 … count−1`, at most `window` at a time, starting them in order.
 * When one fails, nothing new is started, what is under way is cancelled and awaited, and the first failure is thrown.
 */
export async function inWindow<T>(count: number, window: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < count && !failed) {
      const index = next++;
      try {
        results[index] = await work(index);
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

/**
 * Runs one step of a chunk. A crash of its model process is repeated once; after the second, the chunk's questions go
 * one by one, and the step is run again without those that crash alone. The single results only find the culprit:
 * they are not used, because a sample must not depend on how often something else crashed.
 *
 * Returns the chunk with the culprits marked, so that later steps quarantine them too.
 */
export async function isolating<T>(
  chunk: ChunkRef,
  step: (chunk: ChunkRef) => Promise<T>,
): Promise<{ chunk: ChunkRef; value: T }> {
  let current = chunk;
  for (let crashes = 0; ;) {
    try {
      return { chunk: current, value: await step(current) };
    } catch (error) {
      if (!suspects(error)) throw error;
      crashes += 1;
      if (crashes < CRASHES_BEFORE_ISOLATION) continue;
      const culprits = await findCulprits(current, step);
      if (culprits.length === 0) throw error;
      current = { ...current, poisoned: [...(current.poisoned ?? []), ...culprits] };
      crashes = 0;
    }
  }
}

async function findCulprits<T>(chunk: ChunkRef, step: (chunk: ChunkRef) => Promise<T>) {
  const known = new Set(chunk.poisoned?.map((each) => each.place));
  const culprits: { place: number; reason: string }[] = [];
  for (let place = 0; place < chunk.questions; place++) {
    if (known.has(place)) continue;
    for (let crashes = 0; crashes < CRASHES_BEFORE_ISOLATION;) {
      try {
        await step({ ...chunk, only: place });
        break;
      } catch (error) {
        if (!suspects(error)) throw error;
        crashes += 1;
        if (crashes === CRASHES_BEFORE_ISOLATION) culprits.push({ place, reason: rootMessage(error) });
      }
    }
  }
  return culprits;
}

function suspects(error: unknown): boolean {
  const type = failureType(error);
  return type !== undefined && type in FAILURES && FAILURES[type as FailureType].then === "isolate";
}
