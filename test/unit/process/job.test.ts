import { join } from "node:path";
import { expect, test } from "vitest";
import type { JobEvent } from "../../../src/process/protocol.ts";
import { type JobSpec, runJob } from "../../../src/process/job.ts";
import { CHILDREN, runs, until } from "../../support/processes.ts";

const never = new AbortController().signal;

function job(behaviour: string, more: Partial<JobSpec> = {}): { spec: JobSpec; events: JobEvent[] } {
  const events: JobEvent[] = [];
  const spec: JobSpec = {
    name: "trainer",
    command: process.execPath,
    args: [join(CHILDREN, "job.ts"), behaviour],
    cwd: CHILDREN,
    request: { total: 2 },
    silenceMs: 10_000,
    graceMs: 300,
    onEvent: (event) => void events.push(event),
    ...more,
  };
  return { spec, events };
}

/** The two process ids that a job reports in its first line. */
function pids(events: readonly JobEvent[]): number[] {
  const [first] = events;
  return first?.event === "progress" ? [Number(first.metrics["pid"]), Number(first.metrics["grandchild"])] : [];
}

test("a job's lines come in order, and its last metrics are what it returns", async () => {
  const { spec, events } = job("well");
  expect(await runJob(spec, never)).toEqual({ loss: 0.5 });
  expect(events).toEqual([
    { event: "progress", step: 1, total: 2, metrics: { loss: 0.69 } },
    { event: "checkpoint", step: 1, folder: "step-1" },
    { event: "progress", step: 2, total: 2, metrics: { loss: 0.5 } },
    { event: "done", metrics: { loss: 0.5 } },
  ]);
});

test("a job that says that it lives is not silent, and reports nothing by it", async () => {
  const { spec, events } = job("busy", { silenceMs: 1000 });
  expect(await runJob(spec, never)).toEqual({ loss: 0.5 });
  expect(events.map(({ event }) => event)).toEqual(["progress", "done"]);
});

test("a typed error line is the failure, whatever the exit code", async () => {
  await expect(runJob(job("error").spec, never)).rejects.toMatchObject({
    type: "OutOfMemory",
    message: "cuda:0 has 139 GiB, the batch needs more",
  });
});

test.each<[string, RegExp]>([
  ["crash", /^The trainer ended with exit code 3 before it was done; its last words: .*ValueError: shapes differ\.$/],
  ["mute end", /^The trainer ended with exit code 0 without saying that it was done/],
  ["torn", /^The trainer was killed with SIGKILL .* before it was done; it left no word on stderr\.$/],
  ["babble", /wrote a line on stdout that is not of its protocol: Loading checkpoint shards: 100%$/],
])("a job that ends by '%s' crashed, and the message says how", async (behaviour, message) => {
  const { spec } = job(behaviour);
  await expect(runJob(spec, never)).rejects.toMatchObject({
    type: "ChildCrashed",
    message: expect.stringMatching(message),
  });
});

test("a program that is not there is the user's to mend", async () => {
  const { spec } = job("well", { command: "/no/such/python" });
  await expect(runJob(spec, never)).rejects.toMatchObject({
    type: "BadInput",
    message: expect.stringContaining("The trainer could not be started with /no/such/python"),
  });
});

test("a silent job is killed after its limit", async () => {
  const { spec, events } = job("silent", { silenceMs: 400 });
  await expect(runJob(spec, never)).rejects.toMatchObject({
    type: "ChildSilent",
    message: "The trainer said nothing for 0.4 s while it worked and was killed.",
  });
  expect(events).toHaveLength(1);
});

test("the silence while we work on an event ourselves is not the job's", async () => {
  const slow = job("well", { silenceMs: 1500, onEvent: () => new Promise((resolve) => setTimeout(resolve, 1800)) });
  await expect(runJob(slow.spec, never)).resolves.toEqual({ loss: 0.5 });
});

test("a job whose event cannot be dealt with ends with that failure", async () => {
  const { spec } = job("silent", { onEvent: () => Promise.reject(new Error("the checkpoint could not be committed")) });
  await expect(runJob(spec, never)).rejects.toThrow("the checkpoint could not be committed");
});

test("cancelled, a polite job has its grace time and is heard to the end", async () => {
  const cancel = new AbortController();
  const { spec, events } = job("polite", {
    graceMs: 10_000,
    onEvent: (event) => {
      events.push(event);
      cancel.abort(new Error("cancelled by the user"));
    },
  });
  await expect(runJob(spec, cancel.signal)).rejects.toThrow("cancelled by the user");
  expect(events.at(-1)).toEqual({ event: "checkpoint", step: 1, folder: "last" });
});

test("cancelled, a job that ignores SIGTERM is killed with its grandchild in another session", async () => {
  const cancel = new AbortController();
  const { spec, events } = job("stubborn");
  const ending = runJob(spec, cancel.signal);
  await until(() => events.length > 0);
  const [child = 0, grandchild = 0] = pids(events);
  expect([runs(child), runs(grandchild)]).toEqual([true, true]);
  cancel.abort(new Error("cancelled"));
  await expect(ending).rejects.toThrow("cancelled");
  expect([runs(child), runs(grandchild)]).toEqual([false, false]); // by the time it is told, not some time later
});

test("a leader killed with SIGKILL leaves no orphan behind", async () => {
  const { spec, events } = job("leader killed");
  await expect(runJob(spec, never)).rejects.toMatchObject({ type: "ChildCrashed", details: { signal: "SIGKILL" } });
  const [, grandchild = 0] = pids(events);
  expect(grandchild).toBeGreaterThan(0);
  expect(runs(grandchild)).toBe(false);
});

test("a job that was cancelled before it began is never started", async () => {
  const { spec, events } = job("well");
  await expect(runJob(spec, AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  expect(events).toEqual([]);
});
