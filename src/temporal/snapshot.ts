import {
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
} from "@temporalio/client";
import type { RunProgress, StreamProgress } from "../contract/progress.ts";
import { StepFailure } from "../failure.ts";
import type { RunSnapshot, RunStatus, Stalled } from "../report/snapshot.ts";
import type { Connected } from "./connection.ts";
import { ifGone, type PendingStep, pendingSteps } from "./pending.ts";
import { unservedQueues } from "./pollers.ts";
import { whyStalled } from "./stalled.ts";

/** A worker answers a query in milliseconds; without one the server keeps it waiting. */
const QUERY_MS = 2_000;
/** A step that waited for longer than this may lack a worker; before, it is only queued. */
const PATIENCE_MS = 5_000;

/** Looks at a run. Throws BadInput when the server knows none of this name. */
export async function readSnapshot(server: Connected, name: string): Promise<RunSnapshot> {
  const { client } = server;
  const described = await client.workflow
    .getHandle(name)
    .describe()
    .catch((error: unknown) => {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
      throw new StepFailure(
        "BadInput",
        `No run is called "${name}"; \`snowball list\` shows those that ${server.address} knows.`,
      );
    });
  const status = described.status.name as RunStatus;
  const open = status === "RUNNING";
  const complaints: string[] = [];
  const progress = open ? await ask<RunProgress>(server, name, "progress", complaints) : null;
  const children = progress?.children ?? [];
  const counts = await Promise.all(children.map((child) => ask<StreamProgress>(server, child, "counts", complaints)));
  const silent = children.filter((_, place) => counts[place] === null);
  const steps = open ? await pendingSteps(client, [name, ...children]) : [];
  const stuck = open && (progress === null || steps.some((step) => !step.started && step.waitedMs > PATIENCE_MS));
  const stalled = open ? await stalledOf(server, described, { progress, silent, complaints }) : null;
  return {
    name,
    status,
    startedAt: described.startTime.getTime(),
    endedAt: described.closeTime?.getTime() ?? null,
    progress,
    streams: counts.filter((each) => each !== null),
    training: trainingOf(steps),
    devices: steps.flatMap(({ type, heartbeat }) =>
      (heartbeat?.devices ?? []).map((device) => ({ device, step: type })),
    ),
    troubles: steps.filter((step) => step.lastFailure !== null).map(troubleOf),
    unserved: stuck ? await unservedQueues(server) : [],
    stalled,
  };
}

/** Looked into only where a question was not answered: by the run, or by a child that streams chunks. */
async function stalledOf(
  server: Connected,
  run: WorkflowExecutionDescription,
  asked: {
    readonly progress: unknown;
    /** Children that did not answer. */
    readonly silent: readonly string[];
    readonly complaints: readonly string[];
  },
): Promise<Stalled | null> {
  const { progress, silent, complaints } = asked;
  if (progress === null) return whyStalled(server, run, run, complaints);
  for (const child of silent) {
    const described = await server.client.workflow.getHandle(child).describe().catch(ifGone);
    const stalled = described?.status.name === "RUNNING" ? await whyStalled(server, run, described, complaints) : null;
    if (stalled !== null) return stalled;
  }
  return null;
}

/**
 * The answer of a workflow's query, or null when no worker gives one.
 * @param complaints what a worker said that could not answer
 */
async function ask<T>(server: Connected, workflowId: string, query: string, complaints: string[]): Promise<T | null> {
  try {
    return await server.connection.withDeadline(Date.now() + QUERY_MS, () =>
      server.client.workflow.getHandle(workflowId).query<T>(query),
    );
  } catch (error) {
    // No worker (a deadline, or the server's word that nobody polls), a workflow that has not run its first task yet,
    // or a child that ended between two calls. All of them are over when a worker answers again.
    if (
      error instanceof ServiceError ||
      error instanceof QueryNotRegisteredError ||
      error instanceof WorkflowNotFoundError
    ) {
      if (error instanceof QueryNotRegisteredError) complaints.push(error.message);
      return null;
    }
    throw error;
  }
}

function trainingOf(steps: readonly PendingStep[]): RunSnapshot["training"] {
  const beat = steps.find((step) => step.heartbeat?.doing === "train")?.heartbeat;
  if (beat?.done === undefined || beat.total === undefined) return null;
  return { done: beat.done, total: beat.total, metrics: beat.metrics ?? {} };
}

function troubleOf(step: PendingStep): string {
  return `${step.type}: ${step.lastFailure ?? ""} (attempt ${step.attempt})`;
}
