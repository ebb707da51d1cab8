import { hostname } from "node:os";
import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import { FAILURES, FINAL } from "../src/contract/failures.ts";
import { asStepFailure, type StepFailure } from "../src/failure.ts";
import type { ActivityDeps } from "./deps.ts";
import { noteTime, type StepTime } from "../src/run/times.ts";
import { spanNames } from "../src/tracing/span.ts";
import { type DeviceTime, timed } from "./device-time.ts";
import { inputsOf } from "./inputs.ts";
import { stepMetrics } from "./step-metrics.ts";

/** Heartbeats per heartbeat limit: one may be late and one lost. */
const BEATS_PER_LIMIT = 3;

/** What a step needs of the attempt that runs it. */
export interface StepContext {
  /** Fires when the step is cancelled or its worker shuts down. */
  readonly signal: AbortSignal;
  /** What the step is doing now; travels with the next heartbeat. */
  readonly report: (progress: StepHeartbeat) => void;
}

/** A step as it is written: what it needs of the worker and of its attempt, then what it is asked. */
export type Step<Args extends unknown[] = never[], Result = unknown> = (
  deps: ActivityDeps,
  context: StepContext,
  ...args: Args
) => Promise<Result>;

/** The steps that a contract names, as they are written. */
export type Written<Steps> = {
  readonly [Name in keyof Steps]: Steps[Name] extends (...args: infer Args) => Promise<infer Result>
    ? Step<Args, Result>
    : never;
};

export interface StepHeartbeat {
  readonly doing: string;
  readonly done?: number;
  readonly total?: number;
  readonly metrics?: Record<string, number>;
  /** That it holds, by host. */
  readonly devices?: readonly string[];
}

/**
 * Makes an activity of a step: beats while it works and turns its failure into Temporal's, with the retry decision of
 * the table of failures. Before a failure counts, the bytes of the step's inputs are looked at: what is broken is lost,
 * and is made again.
 *
 * The beat says that this process lives and carries the last progress. It does not prove that a model process moves:
 * that is watched where the process is, by its silence limit, which ends the step.
 */
export function asActivity<A extends unknown[], R>(
  deps: ActivityDeps,
  run: (deps: ActivityDeps, context: StepContext, ...args: A) => Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    // Captured on entry: the SDK forbids asking for it inside an abort listener.
    const context = Context.current();
    let last: StepHeartbeat = { doing: "starting" };
    const limit = context.info.heartbeatTimeoutMs ?? 60_000;
    const beat = setInterval(() => context.heartbeat(withDevices(last)), limit / BEATS_PER_LIMIT);
    const report = (progress: StepHeartbeat): void => {
      last = progress;
      context.heartbeat(withDevices(progress));
    };
    const signal = context.cancellationSignal;
    const inputs = inputsOf(deps.store, args);
    const counts = stepMetrics(context);
    const log = deps.log.child({ ...namesOf(context), ...spanNames() });
    const uses: DeviceTime[] = [];
    let devices: readonly string[] = [];
    const models = timed(deps.models, {
      held: (names) => {
        devices = names.map((name) => `${hostname()} ${name}`);
        context.heartbeat(withDevices(last));
      },
      over: (use) => uses.push(use),
    });
    const withDevices = (said: StepHeartbeat): StepHeartbeat => (devices.length > 0 ? { ...said, devices } : said);
    const began = Date.now();
    let failed = true;
    counts.started();
    try {
      const result = await run({ ...deps, log, models, store: inputs.store }, { signal, report }, ...args);
      counts.done(result);
      failed = false;
      return result;
    } catch (error) {
      const thrown = asStepFailure(error, "Infrastructure");
      // A store that cannot be read now says nothing about what lies in it: then the failure is what it was.
      const failure = await inputs.blame(thrown, signal).catch(() => thrown);
      // A cancelled step ends as cancelled, whatever the aborted work threw.
      if (signal.aborted) await context.cancelled;
      counts.failed(failure.type);
      log.warn({ failure: failure.type }, failure.message);
      throw asApplicationFailure(failure);
    } finally {
      clearInterval(beat);
      const time = timeOf(context, { began, failed, uses });
      counts.took(time);
      // What is only told must not fail a step that is done.
      await noteTime(deps.state, namesOf(context).run, time).catch((error: unknown) =>
        log.warn({ error }, "the time of this step was not noted"),
      );
    }
  };
}

interface Timed {
  readonly began: number;
  readonly failed: boolean;
  readonly uses: readonly DeviceTime[];
}

function timeOf({ info }: Context, { began, failed, uses }: Timed): StepTime {
  const sum = (part: "waited" | "loaded" | "worked"): number =>
    Math.round(uses.reduce((total, use) => total + use[part], 0));
  return {
    step: info.activityType,
    queue: info.taskQueue,
    attempt: info.attempt,
    failed,
    host: hostname(),
    devices: [...new Set(uses.flatMap(({ devices }) => devices))],
    scheduled: info.currentAttemptScheduledTimestampMs,
    began,
    took: Date.now() - began,
    // The server's clock and this host's may differ.
    queued: Math.max(0, began - info.currentAttemptScheduledTimestampMs),
    waited: sum("waited"),
    loaded: sum("loaded"),
    worked: sum("worked"),
  };
}

/** What every line of the log says of the attempt that wrote it. */
function namesOf({ info }: Context) {
  const workflow = info.workflowExecution?.workflowId ?? "";
  const [run = ""] = workflow.split("/");
  return { run, workflow, step: info.activityType, attempt: info.attempt };
}

/** A step's failure as Temporal's, with the retry decision of the table of failures. */
export function asApplicationFailure(failure: StepFailure): ApplicationFailure {
  const { type, message, details, retryAfterMs } = failure;
  const { means, then } = FAILURES[type];
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: FINAL.includes(type),
    details: [{ means, then, at: details ?? null }],
    cause: failure,
    ...(retryAfterMs !== undefined && { nextRetryDelay: retryAfterMs }),
  });
}
