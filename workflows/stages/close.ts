import type { RunResult } from "../../src/contract/progress.ts";
import type { Opened } from "./open.ts";
import { controlSteps } from "./steps.ts";

/** What a pipeline says of its end; the rest is on the board. */
export interface Ending extends Pick<RunResult, "pipeline" | "policy" | "digest" | "files"> {
  /** What `final` in the run folder leads to, relative to it; null where the run changed no policy. */
  readonly final: string | null;
}

/** Writes final_status.json and the link to the final policy, and returns what the run came to. */
export async function closeRun({ plan, board, warnings, track }: Opened<unknown>, ending: Ending): Promise<RunResult> {
  board.stage({ name: "close", doing: "writing the run folder" });
  // Before the result: it has the warnings.
  await track();
  const { final, ...said } = ending;
  const { tables, accounts } = board.state;
  const result: RunResult = { run: plan.run.name, ...said, tables, accounts, folder: plan.folder, warnings };
  await controlSteps(plan.limits).closeRun.executeWithOptions({ summary: "close the run" }, [{ result, final }]);
  board.stage({ name: "done", doing: "done" });
  return result;
}
