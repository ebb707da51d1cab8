import { ActivityFailure, ApplicationFailure, CancelledFailure, WorkflowFailedError } from "@temporalio/client";
import { RetryState } from "@temporalio/common";
import { expect, test } from "vitest";
import { exitCodeOf, sentenceOf } from "../../../src/cli/failure.ts";
import { StepFailure } from "../../../src/failure.ts";

function failedRun(cause: Error): WorkflowFailedError {
  return new WorkflowFailedError("Workflow execution failed", cause, RetryState.NON_RETRYABLE_FAILURE);
}

function failedStep(type: string, message: string): WorkflowFailedError {
  const failure = ApplicationFailure.create({ type, message, cause: new Error("the same again, deeper") });
  const step = new ActivityFailure(
    "Activity task failed",
    "openRun",
    "1",
    RetryState.NON_RETRYABLE_FAILURE,
    "",
    failure,
  );
  return failedRun(step);
}

test("bad input ends with 2, wherever it was found; everything else with 1", () => {
  expect(exitCodeOf(new StepFailure("BadInput", "no"))).toBe(2);
  expect(exitCodeOf(failedStep("BadInput", "no"))).toBe(2);
  expect(exitCodeOf(new StepFailure("Infrastructure", "no"))).toBe(1);
  expect(exitCodeOf(failedStep("OutOfMemory", "no"))).toBe(1);
  expect(exitCodeOf(new Error("no"))).toBe(1);
});

test("the sentence of the step, without Temporal's wrappers", () => {
  expect(sentenceOf(failedStep("BadInput", 'row 211 (id "s-1893"): images[1] is truncated.'))).toBe(
    'row 211 (id "s-1893"): images[1] is truncated.',
  );
  expect(sentenceOf(failedRun(new CancelledFailure("cancelled")))).toBe("The run was cancelled.");
});
