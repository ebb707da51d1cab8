import { WorkflowNotFoundError } from "@temporalio/client";
import type { CommonRecipe } from "../recipe/common.ts";
import type { Stalled } from "../report/snapshot.ts";
import type { Connected } from "./connection.ts";
import { readSnapshot } from "./snapshot.ts";
import { startRun } from "./start.ts";

/**
 * Ends a run that no worker can carry on with and starts it over the store: starting again is how a run resumes, so
 * only what was under way is done again.
 */
export async function moveOn({ client }: Connected, recipe: CommonRecipe, { runId, why }: Stalled): Promise<void> {
  try {
    await client.workflow.getHandle(recipe.name, runId).terminate(`started over: ${why}`);
  } catch (error) {
    // Somebody else was first; what is open now is not the execution that stood still.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
  await startRun(client, recipe);
}

/**
 * Asks a run to end: its steps stop and let their devices go. Where no worker can hear that, the run is closed at once.
 * @returns why it was closed; null when it was asked
 */
export async function endRun(server: Connected, name: string): Promise<string | null> {
  const { progress, stalled, unserved } = await readSnapshot(server, name);
  const handle = server.client.workflow.getHandle(name);
  const why = stalled?.why ?? (progress === null && unserved.includes("control") ? "No worker runs." : null);
  if (why === null) await handle.cancel();
  else await handle.terminate(`cancelled by its user: ${why}`);
  return why;
}
