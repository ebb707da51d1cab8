import { setTimeout as sleep } from "node:timers/promises";

/** Waits for a promise, but no longer than `ms`. True if it settled in time. */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const given = new AbortController();
  const late = sleep(ms, false, { signal: given.signal }).catch(() => false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    given.abort();
  }
}
