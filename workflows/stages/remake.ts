import { ApplicationFailure, continueAsNew } from "@temporalio/workflow";
import { type Remakes, remakesAfter } from "../../src/contract/remakes.ts";
import { failureType } from "./chunks.ts";

/**
 * Runs a pipeline; when a committed artifact turns out to be lost, drains and starts over under the same input:
 * intact steps answer from the store, so only what is lost is made again.
 * @param input the pipeline's own input
 * @param remakes how often this run started over already: the pipeline's second argument
 */
export async function remakingLost<T>(
  input: unknown,
  remakes: Remakes | number,
  pipeline: () => Promise<T>,
): Promise<T> {
  try {
    return await pipeline();
  } catch (error) {
    const next = failureType(error) === "ArtifactLost" ? remakesAfter(remakes, lostKeys(error)) : null;
    if (next === null) throw error;
    return continueAsNew<(input: unknown, remakes: Remakes) => Promise<T>>(input, next);
  }
}

/** The keys that a step's failure names, however deep it lies. */
function lostKeys(error: unknown): readonly string[] {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ApplicationFailure)) continue;
    const [detail] = (cause.details ?? []) as { at?: { keys?: readonly string[] } | null }[];
    return detail?.at?.keys ?? [];
  }
  return [];
}
