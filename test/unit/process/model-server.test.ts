import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { ModelServer, type ServerSpec } from "../../../src/process/model-server.ts";
import { CHILDREN, runs, until } from "../../support/processes.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const never = new AbortController().signal;
const options = { signal: never, silenceMs: 10_000 };

async function server(more: Partial<ServerSpec> = {}, args: string[] = [], signal = never): Promise<ModelServer> {
  const started = await ModelServer.start(
    {
      name: "planner",
      command: process.execPath,
      args: [join(CHILDREN, "server.ts"), ...args],
      cwd: CHILDREN,
      graceMs: 300,
      ...more,
    },
    signal,
  );
  onTestFinished(() => started.close());
  return started;
}

test("answers come with what is served, the notes and the progress", async () => {
  const planner = await server({ load: { body: { model: "toy" }, silenceMs: 10_000 } });
  const seen: number[][] = [];
  const answer = await planner.request(
    "work",
    { stepMs: 5 },
    { ...options, onProgress: (...at) => void seen.push(at) },
  );
  expect(answer).toEqual({ result: "worked", serving: "9b1c", notes: { micro_batch: 2 } });
  expect(seen).toEqual([1, 2, 3, 4].map((done) => [done, 4]));
  expect(await planner.request("echo", { text: "é\n".repeat(100_000) }, options)).toMatchObject({
    result: { text: "é\n".repeat(100_000) },
  });
});

test("requests are answered one after the other, in the order in which they were made", async () => {
  const planner = await server();
  const order: string[] = [];
  const ask = async (name: string, op: string) => {
    await planner.request(op, { stepMs: 20 }, { ...options, onProgress: () => void order.push(name) });
    order.push(`${name} answered`);
  };
  await Promise.all([ask("a", "work"), ask("b", "echo"), ask("c", "work")]);
  expect(order).toEqual(["a", "a", "a", "a", "a answered", "b answered", "c", "c", "c", "c", "c answered"]);
});

test("a failure that the server names is thrown, and the server goes on", async () => {
  const planner = await server();
  await expect(planner.request("fail", { type: "OutOfMemory" }, options)).rejects.toMatchObject({
    type: "OutOfMemory",
    message: "the batch does not fit",
  });
  await expect(planner.request("fail", { type: "no such type" }, options)).rejects.toMatchObject({
    type: "ChildError",
  });
  expect(planner.alive).toBe(true);
  expect(await planner.request("echo", {}, options)).toMatchObject({ serving: "9b1c" });
});

test("a crash fails the request under way and all that wait, with the last words", async () => {
  const planner = await server();
  const failures = await Promise.allSettled([
    planner.request("crash", {}, options),
    planner.request("echo", {}, options),
  ]);
  const said = {
    type: "ChildCrashed",
    message: expect.stringMatching(/^The planner died of SIGSEGV during "\w+"; its last words: Seg/),
  };
  expect(failures.map((each) => each.status === "rejected" && (each.reason as unknown))).toMatchObject([said, said]);
  expect(planner.alive).toBe(false);
});

test("an answer that is given in the last moment counts", async () => {
  const planner = await server();
  const answer = planner.request("answer and die", {}, options);
  await setImmediate();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); // answer and death are noticed together
  expect(await answer).toMatchObject({ result: "last words" });
  await until(() => !planner.alive);
});

test("a server killed from outside is dead before the next request, and so is its grandchild", async () => {
  const planner = await server();
  const grandchild = Number((await planner.request("grandchild", {}, options)).result);
  expect(runs(grandchild)).toBe(true);
  process.kill(planner.pid, "SIGKILL");
  await until(() => !planner.alive);
  await expect(planner.request("echo", {}, options)).rejects.toMatchObject({
    type: "ChildCrashed",
    details: { signal: "SIGKILL" },
  });
  expect(runs(grandchild)).toBe(false);
});

test("a server that is silent for longer than the request allows is killed; progress counts as a word", async () => {
  const planner = await server();
  await planner.request("work", { stepMs: 700 }, { ...options, silenceMs: 2_000 }); // 2.8 s in all
  await expect(planner.request("hang", {}, { ...options, silenceMs: 300 })).rejects.toMatchObject({
    type: "ChildSilent",
    message: 'The planner said nothing for 0.3 s during "hang" and was killed.',
  });
  expect(runs(planner.pid)).toBe(false);
});

test("an answer to a question that nobody asked ends the server", async () => {
  const planner = await server();
  await expect(planner.request("wrong id", {}, options)).rejects.toMatchObject({
    type: "ChildCrashed",
    message: expect.stringContaining("not of its protocol"),
  });
});

test("aborting the request under way ends the server; aborting one that waits does not", async () => {
  const planner = await server();
  const [waiting, working] = [new AbortController(), new AbortController()];
  const first = planner.request("work", { stepMs: 50 }, options);
  const second = planner.request("echo", {}, { ...options, signal: waiting.signal });
  const third = planner.request("hang", {}, { ...options, signal: working.signal });
  waiting.abort(new Error("no longer wanted"));
  await expect(second).rejects.toThrow("no longer wanted");
  expect(await first).toMatchObject({ result: "worked" });
  expect(planner.alive).toBe(true);
  setTimeout(() => working.abort(new Error("cancelled")), 50);
  await expect(third).rejects.toThrow("cancelled");
  expect(runs(planner.pid)).toBe(false);
});

test("closing tells it by the end of stdin; what stays is killed after the grace time", async () => {
  const polite = await server({ graceMs: 10_000 });
  await polite.close();
  expect(runs(polite.pid)).toBe(false);
  const stubborn = await server({ graceMs: 300 }, ["stays"]);
  const before = performance.now();
  await stubborn.close();
  expect(performance.now() - before).toBeGreaterThan(290);
  expect(runs(stubborn.pid)).toBe(false);
});

test("a load that is cancelled leaves no process behind", async () => {
  const cancel = new AbortController();
  const pidFile = join(temporaryFolder(), "pid");
  const loading = server({ load: { body: { pidFile, hangs: true }, silenceMs: 10_000 } }, [], cancel.signal);
  await until(() => existsSync(pidFile));
  cancel.abort(new Error("cancelled"));
  await expect(loading).rejects.toThrow("cancelled");
  expect(runs(Number(readFileSync(pidFile, "utf8")))).toBe(false);
});

test("a server does not outlive its parent, killed with SIGKILL", async () => {
  const parent = spawn(process.execPath, [join(CHILDREN, "parent.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const [pid] = (await once(parent.stdout, "data")) as unknown[];
  expect(runs(Number(pid))).toBe(true);
  parent.kill("SIGKILL");
  await until(() => !runs(Number(pid)));
});
