import type { RunResult } from "../../src/contract/progress.ts";
import type { Loop } from "../snowball/loop.ts";

/** Writes final_status.json and the link to the final policy, and returns what the run came to. */
export async function closeRun(loop: Loop): Promise<RunResult> {
  const { board, plan, steps } = loop;
  board.set({ stage: "close" });
  const result: RunResult = {
    run: plan.run.name,
    policy: loop.policy,
    policy_digest: loop.policyDigest,
    merged: loop.merged,
    table: board.state.table,
    floors: board.state.floors,
    ledger: board.state.ledger,
    folder: plan.folder,
    ...(plan.preferenceData !== undefined && { preference_data: plan.preferenceData }),
    warnings: loop.warnings,
  };
  await steps.control.closeRun.executeWithOptions({ summary: "close the run · final policy" }, [
    { result, finalIteration: loop.policyIteration },
  ]);
  board.set({ stage: "done" });
  return result;
}
