import { ApplicationFailure } from "@temporalio/workflow";
import type { Chunk } from "../../src/contract/chunk.ts";
import { FAILURES, type FailureType } from "../../src/contract/failures.ts";

/** A model process may die once for reasons of its own; the second time on the same chunk, the chunk is suspected. */
const CRASHES_BEFORE_ISOLATION = 2;

/** The failure at the bottom of a chain of activity and child-workflow failures, where a step threw it. */
export function rootFailure(error: unknown): ApplicationFailure | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure) return cause;
  }
  return undefined;
}

/**
 * Runs one step of a chunk. A crash of its model process is repeated once; after the second, the chunk's items go one by
 * one, and the step is run again without those that crash alone. The single results only find the culprit: they are not
 * used, because a sample must not depend on how often something else crashed.
 *
 * Returns the chunk with the culprits marked, so that later steps quarantine them too.
 */
export async function isolating<T>(
  chunk: Chunk,
  step: (chunk: Chunk) => Promise<T>,
): Promise<{ chunk: Chunk; value: T }> {
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

async function findCulprits<T>(chunk: Chunk, step: (chunk: Chunk) => Promise<T>) {
  const known = new Set(chunk.poisoned?.map((each) => each.place));
  const culprits: { place: number; reason: string }[] = [];
  for (let place = 0; place < chunk.count; place++) {
    if (known.has(place)) continue;
    for (let crashes = 0; crashes < CRASHES_BEFORE_ISOLATION;) {
      try {
        await step({ ...chunk, only: place });
        break;
      } catch (error) {
        if (!suspects(error)) throw error;
        crashes += 1;
        if (crashes === CRASHES_BEFORE_ISOLATION) culprits.push({ place, reason: innermostMessage(error) });
      }
    }
  }
  return culprits;
}

function suspects(error: unknown): boolean {
  const type = rootFailure(error)?.type;
  return typeof type === "string" && type in FAILURES && FAILURES[type as FailureType].then === "isolate";
}

function innermostMessage(error: unknown): string {
  let message = String(error);
  for (let cause = error; cause instanceof Error; cause = cause.cause) message = cause.message;
  return message;
}
