import { type ApplicationFailure, continueAsNew, type Workflow } from "@temporalio/workflow";
import { type Remakes, remakesAfter } from "../../src/contract/remakes.ts";
import { rootFailure } from "./isolate.ts";

/**
 * Runs a pipeline; when a committed artifact turns out to be lost, starts over under the same input: intact steps answer
 * from the store, so only what is lost is made again. Whatever worked beside the step that found it has been drained by
 * then (window.ts).
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
    const lost = rootFailure(error);
    const next = lost?.type === "ArtifactLost" ? remakesAfter(remakes, keysOf(lost)) : null;
    if (next === null) throw error;
    return continueAsNew<Workflow>(input, next);
  }
}

/** The keys that a step's failure names. */
function keysOf({ details }: ApplicationFailure): readonly string[] {
  const [detail] = (details ?? []) as { at?: { keys?: readonly string[] } | null }[];
  return detail?.at?.keys ?? [];
}
