import { setTimeout as sleep } from "node:timers/promises";
import { StepFailure } from "../failure.ts";

/** Doubled with each attempt, up to the longest, in ms: a server that starts again is soon noticed. */
const WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Asks again what may go better the next time, for `patienceMs` from where it first failed: after what the service asked
 * for, else after waits that grow. Then the last failure stands, and what comes of it is for Temporal to decide.
 */
export async function patiently<T>(patienceMs: number, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  let end: number | undefined;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof StepFailure) || error.type !== "Infrastructure") throw error;
      end ??= performance.now() + patienceMs;
      const wait = error.retryAfterMs ?? spread(Math.min(LONGEST_WAIT_MS, WAIT_MS * 2 ** attempt));
      if (performance.now() + wait > end) throw error;
      await sleep(wait, undefined, { signal });
    }
  }
}

/** Requests that failed together do not come again together. */
function spread(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}
