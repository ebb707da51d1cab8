import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import { FAILURES, FINAL } from "../src/contract/failures.ts";
import { asStepFailure, type StepFailure } from "../src/failure.ts";

/** Heartbeats per heartbeat limit: one may be late and one lost. */
const BEATS_PER_LIMIT = 3;

/** What a step needs of the attempt that runs it. */
export interface StepContext {
  /** Fires when the step is cancelled or its worker shuts down. */
  readonly signal: AbortSignal;
  /** What the step is doing now; travels with the next heartbeat. */
  readonly report: (progress: StepHeartbeat) => void;
}

export interface StepHeartbeat {
  readonly doing: string;
  readonly done?: number;
  readonly total?: number;
  readonly metrics?: Record<string, number>;
}

/**
 * Makes an activity of a step: beats while it works and turns its failure into Temporal's, with the retry decision of
 * the table of failures.
 *
 * The beat says that this process lives and carries the last progress. It does not prove that a model process moves:
 * that is watched where the process is, by its silence limit, which ends the step.
 */
export function asActivity<A extends unknown[], R>(
  run: (context: StepContext, ...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    // Captured on entry: the SDK forbids asking for it inside an abort listener.
    const context = Context.current();
    let last: StepHeartbeat = { doing: "starting" };
    const limit = context.info.heartbeatTimeoutMs ?? 60_000;
    const beat = setInterval(() => context.heartbeat(last), limit / BEATS_PER_LIMIT);
    const report = (progress: StepHeartbeat): void => {
      last = progress;
      context.heartbeat(progress);
    };
    try {
      return await run({ signal: context.cancellationSignal, report }, ...args);
    } catch (error) {
      // A cancelled step ends as cancelled, whatever the aborted work threw.
      if (context.cancellationSignal.aborted) await context.cancelled;
      throw asApplicationFailure(asStepFailure(error, "Infrastructure"));
    } finally {
      clearInterval(beat);
    }
  };
}

/** A step's failure as Temporal's, with the retry decision of the table of failures. */
export function asApplicationFailure(failure: StepFailure): ApplicationFailure {
  const { type, message, details } = failure;
  const { means, then } = FAILURES[type];
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: FINAL.includes(type),
    details: [{ means, then, at: details ?? null }],
    cause: failure,
  });
}
