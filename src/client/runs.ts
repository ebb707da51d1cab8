import { WorkflowNotFoundError } from "@temporalio/client";
import { StepFailure } from "../failure.ts";
import type { ListedRun } from "../report/runs.ts";
import { listRuns as listOf } from "../temporal/runs.ts";
import { endRun } from "../temporal/move-on.ts";
import { statusOf } from "../temporal/start.ts";
import type { SnowballClient } from "./connect.ts";

/** The newest execution of every run that the server knows, newest first. */
export function listRuns({ client }: SnowballClient): Promise<ListedRun[]> {
  return listOf(client);
}

/**
 * Asks a run to end: steps under way stop and let their devices go. Returns when the server has noted it. Where no worker
 * can hear it, because none runs or none is left of the run's version, the run is closed at once. What was committed
 * stays, and starting the run again goes on from there.
 * @throws {StepFailure} BadInput when no run of this name is open
 */
export async function cancelRun(server: SnowballClient, name: string): Promise<void> {
  // Asked first, because Temporal takes a second request to cancel for the first one again.
  if ((await statusOf(server.client, name))?.status !== "RUNNING") throw notOpen(name);
  try {
    await endRun(server, name);
  } catch (error) {
    // It ended between the two calls.
    throw error instanceof WorkflowNotFoundError ? notOpen(name, error) : error;
  }
}

function notOpen(name: string, cause?: unknown): StepFailure {
  return new StepFailure("BadInput", `No open run is called "${name}".`, { cause });
}
