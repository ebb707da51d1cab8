import { upsertSearchAttributes, workflowInfo } from "@temporalio/workflow";
import type { RunPlan } from "../../src/contract/run.ts";

/** How runs are listed: `SnowballState="asking"`. "rolled back": it goes on from the policy before its newest one. */
export type RunState = "running" | "asking" | "rolled back" | "finished" | "failed" | "cancelled";

/** The run can be listed from now on: by what it works on, and by how it is. */
export function list({ searchAttributes, dataset }: Pick<RunPlan<unknown>, "searchAttributes" | "dataset">): void {
  // A run that was begun before there were these has none.
  if (!searchAttributes || dataset === undefined) return;
  const running: RunState = "running";
  upsertSearchAttributes({ SnowballDataset: [dataset], SnowballState: [running] });
}

/** How the run is now; nothing where it is not listed. */
export function listAs(state: RunState): void {
  // What was set before is known to the workflow, through continue-as-new too.
  const [before] = workflowInfo().searchAttributes["SnowballState"] ?? [];
  if (before === undefined || before === state) return;
  upsertSearchAttributes({ SnowballState: [state] });
}
