import type { StepLimits } from "./run.ts";

/** Seconds that the first step may take where a recipe says nothing: twelve hours, for a million photographs. */
export const IMPORT_TIMEOUT_S = 12 * 3600;
/** Seconds: thirty days. */
export const MOST_IMPORT_TIMEOUT_S = 30 * 24 * 3600;

/**
 * Limits of the first step, which is the one that parses the recipe: until then it is whatever somebody sent, so all
 * that is not a time counts as absent. It works in Node alone, so it beats reliably.
 * @param input a workflow's input
 */
export function openingLimits(input: unknown): StepLimits {
  const asked = fieldOf(fieldOf(input, "retries"), "import_timeout_s");
  const usable = typeof asked === "number" && asked >= 1 && asked <= MOST_IMPORT_TIMEOUT_S;
  const seconds = usable ? Math.ceil(asked) : IMPORT_TIMEOUT_S;
  return {
    maxAttempts: 3,
    initialIntervalSeconds: 1,
    heartbeatSeconds: 10,
    chunkSeconds: seconds,
    trainSeconds: seconds,
  };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
