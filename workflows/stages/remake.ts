import { continueAsNew, type Workflow } from "@temporalio/workflow";
import { rootFailure } from "./isolate.ts";

/** How often a run may make lost artifacts again before it says that its storage cannot be trusted. */
const MAX_REMAKES = 5;

/**
 * Runs a pipeline; when a committed artifact turns out to be lost, starts over under the same input: intact steps answer
 * from the store, so only what is lost is made again. Whatever worked beside the step that found it has been drained by
 * then (window.ts).
 * @param input the pipeline's own input
 * @param remakes how often this run started over already: the pipeline's second argument
 */
export async function remakingLost<T>(input: unknown, remakes: number, pipeline: () => Promise<T>): Promise<T> {
  try {
    return await pipeline();
  } catch (error) {
    if (rootFailure(error)?.type !== "ArtifactLost" || remakes >= MAX_REMAKES) throw error;
    return continueAsNew<Workflow>(input, remakes + 1);
  }
}
