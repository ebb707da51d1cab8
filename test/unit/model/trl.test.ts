import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { Device } from "../../../src/device/pool.ts";
import type { JobEvent } from "../../../src/process/protocol.ts";
import type { JobOptions, MergeRequest } from "../../../src/model/trainer/backend.ts";
import { createTrlTrainer } from "../../../src/model/trainer/trl.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const request: MergeRequest = {
  model: "/models/base",
  adapter: "/models/adapter",
  output: "/output",
  dtypes: ["bfloat16"],
  canary: { items: [] },
  dtype: "float32",
  attn_implementation: "sdpa",
  min_pixels: 1,
  max_pixels: 2,
};

/** A stand-in for the Python interpreter: a program that says `lines`, with its arguments and its request in them. */
function trainer(lines: string) {
  const folder = temporaryFolder();
  const python = join(folder, "python");
  const script = `#!${process.execPath}
const [dash, runner, file] = process.argv.slice(2);
const request = JSON.parse(require("node:fs").readFileSync(file, "utf8"));
const say = (line) => console.log(JSON.stringify(line));
${lines}`;
  writeFileSync(python, script);
  chmodSync(python, 0o755);
  const device: Device = { kind: "cuda", index: 1, name: "cuda:1", threads: 3, lock: "/locks/cuda-1.lock" };
  const events: JobEvent[] = [];
  const options: JobOptions = {
    signal: new AbortController().signal,
    silenceMs: 10_000,
    onEvent: (event) => void events.push(event),
  };
  const runners = { python, cwd: folder, env: { PYTHONHASHSEED: "0" } };
  return { backend: createTrlTrainer(runners, [device], pino({ enabled: false })), options, events };
}

test("a job is told its request and its device, in the runners' own environment", async () => {
  const { backend, options } = trainer(`
const right = dash === "-m" && runner === "runners.merge" && process.env.PYTHONHASHSEED === "0";
const { device, threads, lock, ...rest } = request;
const told = device === "cuda:1" && threads === 3 && lock === "/locks/cuda-1.lock";
const same = JSON.stringify(rest) === ${JSON.stringify(JSON.stringify(request))};
say({ event: "done", metrics: { right: Number(right), told: Number(told), same: Number(same) } });`);
  expect(await backend.merge(request, options)).toEqual({ right: 1, told: 1, same: 1 });
});

test("progress comes through, and a failure keeps the runner's own type and sentence", async () => {
  const { backend, options, events } = trainer(`
say({ event: "progress", step: 1, total: 3, metrics: { bfloat16: 0.5 } });
say({ event: "error", type: "CanaryFailed", message: "No merged checkpoint is base plus adapter." });
process.exitCode = 1;`);
  await expect(backend.merge(request, options)).rejects.toMatchObject({
    type: "CanaryFailed",
    message: "No merged checkpoint is base plus adapter.",
  });
  expect(events).toEqual([{ event: "progress", step: 1, total: 3, metrics: { bfloat16: 0.5 } }]);
});

test("without the Python environment, nothing is started and set-up is named", async () => {
  const { options } = trainer("");
  const runners = { python: "/nowhere/python", cwd: "/", env: {} };
  const device: Device = { kind: "cpu", index: 0, name: "cpu", threads: 1, lock: "/lock" };
  const backend = createTrlTrainer(runners, [device], pino({ enabled: false }));
  await expect(backend.merge(request, options)).rejects.toThrow("make setup");
});
