import { ActivityFailure, ApplicationFailure, CancelledFailure, WorkflowFailedError } from "@temporalio/client";
import { RetryState } from "@temporalio/common";
import { expect, onTestFinished, test, vi } from "vitest";
import { exitCodeOf, sayFailure, sentenceOf } from "../../../src/cli/exit.ts";
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

test.each([
  [
    "EACCES",
    "This user may not read or write /r/server.json: it, or a folder above it, is another user's or protected",
  ],
  ["EROFS", "/r/server.json cannot be written: its file system is read-only"],
  ["ENOSPC", "No space was left for /r/server.json; free some, and type it again"],
])("what the system refuses (%s) is one sentence, without a trace", (code, sentence) => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => said.mockRestore());
  const refused = Object.assign(new Error(`${code}: refused, open`), { code, path: "/r/server.json" });
  sayFailure(new Error("outer", { cause: refused }));
  expect(said.mock.calls).toEqual([[`${sentence} (${code}).`]]);
});
