import type { RunResult } from "../contract/progress.ts";
import { StepFailure } from "../failure.ts";
import { PIPELINES } from "./index.ts";
import type { Pipeline } from "./pipeline.ts";

/**
 * A run's result as it was written, by this version or an earlier one.
 * @throws {StepFailure} BadInput for what no version wrote
 */
export function readResult(written: unknown): RunResult {
  if (typeof written === "object" && written !== null && "tables" in written) return written as RunResult;
  const pipelines: readonly Pipeline[] = Object.values(PIPELINES);
  for (const { olderResult } of pipelines) {
    const older = olderResult?.(written);
    if (older !== undefined) return older;
  }
  throw new StepFailure("BadInput", "This is not the result of a run that this version can read.");
}
