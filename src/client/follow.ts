import type { RunSnapshot } from "../report/snapshot.ts";
import { readSnapshot } from "../temporal/snapshot.ts";
import type { SnowballClient } from "./connect.ts";
import { looks } from "./looks.ts";

/** Milliseconds between two looks: a look is three or four small calls. */
const EVERY_MS = 1_000;

export interface FollowOptions {
  /** Milliseconds between two looks at the run; 1,000 by default. */
  readonly everyMs?: number;
  /** Ends the following, not the run. */
  readonly signal?: AbortSignal;
}

/**
 * Where a run stands now: status, iteration, stage, table, ledger, troubles.
 * @throws {StepFailure} BadInput when the server knows no run of this name
 */
export function runStatus(client: SnowballClient, name: string): Promise<RunSnapshot> {
  return readSnapshot(client, name);
}

/**
 * The snapshots of a run, one whenever something has changed; the last one is of the run when it is over. How it ended
 * is said by `runResult`.
 * @throws {StepFailure} BadInput when the server knows no run of this name, Infrastructure when it is away for a minute
 */
export async function* followRun(
  client: SnowballClient,
  name: string,
  { everyMs = EVERY_MS, signal }: FollowOptions = {},
): AsyncGenerator<RunSnapshot, void> {
  let told = "";
  for await (const snapshot of looks(client, name, { everyMs, signal })) {
    const text = JSON.stringify(snapshot);
    if (text !== told) yield snapshot;
    told = text;
  }
}
