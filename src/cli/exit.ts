import {
  ApplicationFailure,
  CancelledFailure,
  isGrpcServiceError,
  ServiceError,
  TerminatedFailure,
  WorkflowFailedError,
} from "@temporalio/client";
import { innermostKnown } from "../client/result.ts";
import { StepFailure, systemSentence } from "../failure.ts";

export const FAILED = 1;
export const BAD_INPUT = 2;
/** 128 + SIGINT, as a shell reports a program that ^C ended. */
export const INTERRUPTED = 130;

/** The exit status for what a command threw. */
export function exitCodeOf(error: unknown): number {
  return typeOf(error) === "BadInput" ? BAD_INPUT : FAILED;
}

/** Tells a person what went wrong: one sentence where we know it, the whole trace where nobody expected it. */
export function sayFailure(error: unknown): void {
  const expected = error instanceof StepFailure || error instanceof WorkflowFailedError;
  const sentence = expected ? sentenceOf(error) : (systemSentence(error) ?? serverSentence(error));
  console.error(sentence ?? error);
}

/** Of a server that went away between two calls. */
function serverSentence(error: unknown): string | undefined {
  if (!isGrpcServiceError(error) && !(error instanceof ServiceError)) return undefined;
  const cause = error instanceof ServiceError ? error.cause : error;
  const why = isGrpcServiceError(cause) ? cause.details : error.message;
  return `The Temporal server did not answer as it should: ${why}. Look whether it runs, and type it again.`;
}

/** The sentence of a failure, without the wrappers that Temporal puts around it. */
export function sentenceOf(error: unknown): string {
  if (error instanceof WorkflowFailedError) {
    const cause = innermostKnown(error);
    if (cause instanceof CancelledFailure) return "The run was cancelled.";
    if (cause instanceof TerminatedFailure) return "The run was terminated.";
    return cause.message;
  }
  return error instanceof Error ? error.message : String(error);
}

function typeOf(error: unknown): string | undefined {
  if (error instanceof StepFailure) return error.type;
  const root = error instanceof WorkflowFailedError ? innermostKnown(error) : error;
  return root instanceof ApplicationFailure ? (root.type ?? undefined) : undefined;
}

/** What a wait is ended with when this process is asked to stop. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Fires when a person or a system asks this process to stop. A second ^C ends it at once; its children end with it. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => controller.abort(new Interrupted(`The command was told to stop (${signal}).`)));
  }
  return controller.signal;
}
