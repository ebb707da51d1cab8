import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "@temporalio/client";
import { StepFailure } from "../failure.ts";
import type { RunSnapshot } from "../report/snapshot.ts";
import type { Connected } from "../temporal/connection.ts";
import { readSnapshot } from "../temporal/snapshot.ts";

/** Milliseconds: a server that is restarted is back within seconds. */
const SILENCE_MS = 60_000;
/** Milliseconds for one look: a call to a server that has gone is tried again for longer, wherever that is now. */
const LOOK_MS = 8_000;
/** Milliseconds: by then a restart would have been over. */
const PATIENCE_MS = 5_000;

export interface LookOptions {
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Ends the looking, not the run. */
  readonly signal?: AbortSignal | undefined;
  /** Told once, when the server has been away for longer than a restart takes. */
  readonly onSilence?: (sentence: string) => void;
}

/**
 * Looks at a run again and again until it is over; the last look is at the run that is. Looks that the server does not
 * answer are left out.
 * @throws {StepFailure} BadInput when the server knows no run of this name, Infrastructure when it is away for a minute
 */
export async function* looks(server: Connected, name: string, options: LookOptions): AsyncGenerator<RunSnapshot, void> {
  let answered = Date.now();
  let silent = false;
  let told = false;
  while (options.signal?.aborted !== true) {
    const snapshot: RunSnapshot | null = (await server.present(silent)) ? await look(server, name) : null;
    silent = snapshot === null;
    if (snapshot !== null) {
      answered = Date.now();
      told = false;
      yield snapshot;
      if (snapshot.status !== "RUNNING") return;
    } else if (Date.now() - answered > SILENCE_MS) {
      throw new StepFailure(
        "Infrastructure",
        `The Temporal server at ${server.address} has not answered for a minute.`,
      );
    }
    if (silent && !told && Date.now() - answered > PATIENCE_MS) {
      told = true;
      options.onSilence?.(`The Temporal server at ${server.address} does not answer; waiting a minute for it.`);
    }
    await sleep(options.everyMs, undefined, { signal: options.signal }).catch(() => {}); // Aborted: the loop's condition says so.
  }
}

async function look(server: Connected, name: string): Promise<RunSnapshot | null> {
  try {
    return await server.connection.withDeadline(Date.now() + LOOK_MS, () => readSnapshot(server, name));
  } catch (error) {
    if (error instanceof ServiceError) return null;
    throw error;
  }
}
