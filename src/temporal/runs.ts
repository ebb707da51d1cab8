import type { Client, WorkflowExecutionInfo } from "@temporalio/client";
import { PIPELINE_NAMES } from "../pipeline/index.ts";
import type { ListedRun } from "../report/runs.ts";

/** The newest execution of every run, newest first. */
export async function listRuns(client: Client): Promise<ListedRun[]> {
  // Children that stream chunks are no runs.
  const query = `WorkflowType IN (${PIPELINE_NAMES.map((name) => `"${name}"`).join(", ")})`;
  const newest = new Map<string, ListedRun>();
  for await (const info of client.workflow.list({ query })) {
    const run = listed(info);
    const known = newest.get(run.name);
    if (known === undefined || known.startedAt < run.startedAt) newest.set(run.name, run);
  }
  return [...newest.values()].toSorted((a, b) => b.startedAt - a.startedAt);
}

/** The part that a run has come to, as its workflow noted it last: "iteration 2 of 5 (iter_1)"; null where it is not known. */
export async function whereOf(client: Client, name: string): Promise<string | null> {
  const { memo } = await client.workflow.getHandle(name).describe();
  const where = memo?.["where"];
  return typeof where === "string" && where !== "" ? where : null;
}

function listed(info: Omit<WorkflowExecutionInfo, "raw">): ListedRun {
  const attributes = info.searchAttributes as Readonly<Record<string, readonly unknown[] | undefined>>;
  const stage = attributes["SnowballStage"]?.[0];
  const iteration = attributes["SnowballIteration"]?.[0];
  return {
    name: info.workflowId,
    status: info.status.name,
    startedAt: info.startTime.getTime(),
    endedAt: info.closeTime?.getTime() ?? null,
    stage: typeof stage === "string" ? stage : null,
    iteration: typeof iteration === "number" ? iteration : null,
  };
}
