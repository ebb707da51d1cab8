import {
  ApplicationFailure,
  CancelledFailure,
  TerminatedFailure,
  TimeoutFailure,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from "@temporalio/client";
import { FAILURES, type FailureType } from "../contract/failures.ts";
import type { RunResult } from "../contract/progress.ts";
import { StepFailure } from "../failure.ts";
import { resultOf } from "../temporal/start.ts";
import type { SnowballClient } from "./connect.ts";

/** A run was ended from outside: it neither failed nor has a result. Starting it again goes on from what it committed. */
export class RunStopped extends Error {
  override readonly name = "RunStopped";
  readonly how: "cancelled" | "terminated" | "timed out";

  constructor(run: string, how: RunStopped["how"], options: { cause: unknown }) {
    super(`The run ${run} was ${how}.`, options);
    this.how = how;
  }
}

/**
 * Waits for a run to be over and returns its result: the table of iterations, the ledger, the last policy.
 * @throws {StepFailure} what stopped the run, by its type; BadInput also when the server knows no run of this name
 * @throws {RunStopped} when somebody cancelled or terminated it
 */
export async function runResult({ client, address }: SnowballClient, name: string): Promise<RunResult> {
  try {
    return await resultOf(client, name);
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) {
      throw new StepFailure("BadInput", `No run is called "${name}" at ${address}.`, { cause: error });
    }
    throw error instanceof WorkflowFailedError ? endOf(name, error) : error;
  }
}

function endOf(name: string, failed: WorkflowFailedError): Error {
  const cause = innermostKnown(failed);
  if (cause instanceof ApplicationFailure && isFailureType(cause.type)) {
    // As the step wraps it: what the failure's type means stands beside its own details.
    const [wrapped] = (cause.details ?? []) as { readonly at?: unknown }[];
    return new StepFailure(cause.type, cause.message, { cause: failed, details: wrapped?.at });
  }
  if (cause instanceof CancelledFailure) return new RunStopped(name, "cancelled", { cause: failed });
  if (cause instanceof TerminatedFailure) return new RunStopped(name, "terminated", { cause: failed });
  if (cause instanceof TimeoutFailure) return new RunStopped(name, "timed out", { cause: failed });
  return failed;
}

/** The first typed failure below Temporal's wrappers; its own causes say the same again. */
export function innermostKnown(error: Error): Error {
  let at = error;
  while (!(at instanceof ApplicationFailure) && at.cause instanceof Error) at = at.cause;
  return at;
}

function isFailureType(type: string | null | undefined): type is FailureType {
  return typeof type === "string" && Object.hasOwn(FAILURES, type);
}
