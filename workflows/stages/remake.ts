import {
  type ApplicationFailure,
  continueAsNew,
  isCancellation,
  type Workflow,
  workflowInfo,
} from "@temporalio/workflow";
import type { RunResult } from "../../src/contract/progress.ts";
import { type Remakes, remakesAfter } from "../../src/contract/remakes.ts";
import { rowLine } from "../../src/contract/table.ts";
import { rootFailure } from "./isolate.ts";
import { listAs } from "./listing.ts";
import { type News, tell } from "./notify.ts";

/**
 * Runs a pipeline; when a committed artifact turns out to be lost, starts over under the same input: intact steps answer
 * from the store, so only what is lost is made again. Whatever worked beside the step that found it has been drained by
 * then (window.ts).
 * @param input the pipeline's own input
 * @param remakes how often this run started over already: the pipeline's second argument
 */
export async function remakingLost<T>(
  input: unknown,
  remakes: Remakes | number,
  pipeline: () => Promise<T>,
): Promise<T> {
  try {
    const result = await pipeline();
    listAs("finished");
    await tell(input, {
      event: "ended",
      text: endedText(result),
      next: `bin/snowball show ${workflowInfo().workflowId}`,
    });
    return result;
  } catch (error) {
    const lost = rootFailure(error);
    const next = lost?.type === "ArtifactLost" ? remakesAfter(remakes, keysOf(lost)) : null;
    if (next === null) {
      listAs(isCancellation(error) ? "cancelled" : "failed");
      if (!isCancellation(error)) await tell(input, failed(error));
      throw error;
    }
    return continueAsNew<Workflow>(input, next);
  }
}

/** How the newest row of its table reads is what people want to know first. */
function endedText(result: unknown): string {
  const { tables = [] } = result as Partial<RunResult>;
  const rows = tables.flatMap((table) => table.rows.slice(-1).map((row) => rowLine(table, row)));
  return [`${workflowInfo().workflowId} is complete.`, ...rows].join(" ");
}

function failed(error: unknown): News {
  const { workflowId: run } = workflowInfo();
  const said = rootFailure(error)?.message ?? (error as Error).message;
  return { event: "failed", text: `${run} failed: ${said}`, next: `bin/snowball status ${run}` };
}

/** The keys that a step's failure names. */
function keysOf({ details }: ApplicationFailure): readonly string[] {
  const [detail] = (details ?? []) as { at?: { keys?: readonly string[] } | null }[];
  return detail?.at?.keys ?? [];
}
