import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from "@temporalio/client";
import type { HowChecked } from "../contract/check.ts";
import type { RunResult } from "../contract/progress.ts";
import { CONTROL_QUEUE } from "../contract/queues.ts";
import { pipelineOf } from "../pipeline/index.ts";
import { readResult } from "../pipeline/result.ts";
import type { CommonRecipe } from "../recipe/common.ts";

export interface StartedRun {
  /**
   * started: a new execution (over what the store already has).
   * attached: the run was open.
   * finished: it is complete, and nothing was started.
   */
  readonly how: "started" | "attached" | "finished";
  readonly name: string;
  readonly runId: string;
}

/**
 * Starts a run, or finds it: open → attach; failed, cancelled or unknown → start over the store, in which everything
 * finished is found again; finished → nothing, unless `anew`.
 */
export async function startRun(client: Client, recipe: CommonRecipe, { anew = false } = {}): Promise<StartedRun> {
  const { name, pipeline } = recipe;
  const { opening, subject } = pipelineOf(recipe);
  const before = await statusOf(client, name);
  if (before?.status === "COMPLETED" && !anew) return { how: "finished", name, runId: before.runId };
  try {
    const handle = await client.workflow.start(pipeline, {
      taskQueue: CONTROL_QUEUE,
      workflowId: name,
      args: [recipe],
      staticSummary: `${pipeline} · ${opening(recipe)} · ${subject(recipe)}`,
      workflowIdConflictPolicy: "FAIL",
    });
    return { how: "started", name, runId: handle.firstExecutionRunId };
  } catch (error) {
    // Started twice, perhaps at the same moment: Temporal let one in, and this one joins it.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const open = await statusOf(client, name);
    return { how: "attached", name, runId: open?.runId ?? "" };
  }
}

/** Starts a check of a recipe in place of whichever is open under its name: what it found would be of another recipe. */
export async function startCheck(client: Client, recipe: CommonRecipe, how: HowChecked): Promise<void> {
  const { opening, subject } = pipelineOf(recipe);
  await client.workflow.start("check", {
    taskQueue: CONTROL_QUEUE,
    workflowId: recipe.name,
    args: [recipe, how],
    staticSummary: `check · ${opening(recipe)} · ${subject(recipe)}`,
    workflowIdConflictPolicy: "TERMINATE_EXISTING",
  });
}

/** The newest execution under this name; undefined when Temporal knows none. */
export async function statusOf(client: Client, name: string): Promise<{ status: string; runId: string } | undefined> {
  try {
    const { status, runId } = await client.workflow.getHandle(name).describe();
    return { status: status.name, runId };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Waits for a run and returns its result, through continue-as-new. */
export async function resultOf(client: Client, name: string): Promise<RunResult> {
  return readResult(await client.workflow.getHandle(name).result());
}
