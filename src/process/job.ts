import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeJson } from "../artifact/files.ts";
import { asStepFailure, StepFailure } from "../failure.ts";
import { inSpan } from "../tracing/span.ts";
import { type Child, type ChildSpec, startChild } from "./child.ts";
import { temporaryFolder } from "./environment.ts";
import { crashed, fellSilent } from "./ending.ts";
import { type JobEvent, jobEvent, type JobReport, parseLine } from "./protocol.ts";
import { watchSilence } from "./silence.ts";

export interface JobSpec extends ChildSpec {
  /** Written to a file whose path is appended to `args`. */
  readonly request: unknown;
  /** The longest the job may say nothing on stdout, in ms. */
  readonly silenceMs: number;
  /** Awaited in order; while it works the job's silence is not counted. What it throws ends the job. */
  readonly onEvent: (event: JobReport) => void | Promise<void>;
}

/**
 * Runs a job to its end and returns the metrics of its `done` line. Throws the type it names itself, ChildCrashed,
 * ChildSilent, or the signal's reason; in every case the job's whole process tree is dead by then.
 */
export function runJob(spec: JobSpec, signal: AbortSignal): Promise<Record<string, number>> {
  return inSpan(`runner ${spec.name}`, {}, (here) => {
    // As programs pass their span on to children.
    const env = { ...spec.env, ...(here !== undefined && { TRACEPARENT: here }) };
    return startJob({ ...spec, env }, signal);
  });
}

async function startJob(spec: JobSpec, signal: AbortSignal): Promise<Record<string, number>> {
  signal.throwIfAborted();
  const folder = await mkdtemp(join(temporaryFolder(), "snowball-job-"));
  try {
    const file = join(folder, "request.json");
    await writeJson(file, spec.request);
    return await follow(await startChild({ ...spec, args: [...spec.args, file] }), spec, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function follow(child: Child, spec: JobSpec, signal: AbortSignal): Promise<Record<string, number>> {
  /** The first thing that went wrong; what follows from it is not news. */
  let failure: StepFailure | undefined;
  const fail = (why: StepFailure): void => {
    failure ??= why;
    void child.stop();
  };
  const stop = (): void => void child.stop();
  const silence = watchSilence(spec.silenceMs, () => fail(fellSilent(spec.name, spec.silenceMs, "while it worked")));
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();

  let done: Record<string, number> | undefined;
  try {
    for await (const line of child.lines) {
      // Torn: it died while it wrote; its exit tells the story. After a failure the pipe is only emptied.
      if (line.torn || failure) continue;
      silence.pause();
      try {
        const event: JobEvent = parseLine(jobEvent, spec.name, line.text);
        if (event.event === "error") failure = new StepFailure(event.type, event.message);
        else if (event.event !== "alive") await spec.onEvent(event);
        if (event.event === "done") done = event.metrics;
      } catch (error) {
        fail(asStepFailure(error, "Infrastructure"));
      }
      silence.heard();
    }
    const ending = await child.ended;
    signal.throwIfAborted();
    if (failure) throw failure;
    if (ending.exitCode !== 0) throw crashed(spec.name, ending, "before it was done");
    if (!done) throw crashed(spec.name, ending, "without saying that it was done");
    return done;
  } finally {
    silence.stop();
    signal.removeEventListener("abort", stop);
    await child.stop();
  }
}
