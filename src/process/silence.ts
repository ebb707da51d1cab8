import { setTimeout as sleep } from "node:timers/promises";

/** A silence limit is counted in this many ticks. */
const TICKS = 20;

export interface SilenceWatch {
  /** The child said something. */
  heard(): void;
  /** Nothing is expected of the child for now; `heard` resumes. */
  pause(): void;
  stop(): void;
}

/**
 * Calls back once when nothing was heard for `limitMs`.
 *
 * Counted in ticks of our own timer, not by the clock: when this process was itself stopped (SIGSTOP, a sleeping
 * laptop, a starved host), what the child said meanwhile still waits in the pipe, and must not count as silence.
 */
export function watchSilence(limitMs: number, onSilent: () => void): SilenceWatch {
  let silent = 0;
  let paused = false;
  const timer = setInterval(() => {
    silent += paused ? 0 : 1;
    if (silent < TICKS) return;
    clearInterval(timer);
    onSilent();
  }, limitMs / TICKS);
  return {
    heard: () => {
      silent = 0;
      paused = false;
    },
    pause: () => {
      silent = 0;
      paused = true;
    },
    stop: () => clearInterval(timer),
  };
}

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
