import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, expect, test, vi } from "vitest";
import { deepspeedFiles, deepspeedOf } from "../../../activities/deepspeed.ts";
import type { Device } from "../../../src/device/pool.ts";
import type { JobOptions, TrainRequest } from "../../../src/model/trainer/backend.ts";
import { launchArgs, withDeepSpeed } from "../../../src/model/trainer/launch.ts";
import { createTrlTrainer } from "../../../src/model/trainer/trl.ts";
import { algorithmOf } from "../../../src/training/index.ts";
import { usesVllm } from "../../../src/training/vllm.ts";
import { shipped } from "../../support/recipe.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const { training } = shipped("snowball.demo.yaml");
const runners = { python: "/p/.venv/bin/python", cwd: "/p/python", env: { PYTHONPATH: "/p/python" } };

afterEach(() => vi.unstubAllEnvs());

function gpu(index: number): Device {
  return { kind: "cuda", index, name: `cuda:${index}`, threads: 3, lock: `/locks/cuda-${index}.lock` };
}

/** A stand-in for the Python interpreter, which answers with its arguments, its request and its search path. */
async function whatATrainerIsTold(devices: readonly Device[], deepspeed: unknown, settings: object = training) {
  const folder = temporaryFolder();
  const python = join(folder, "python");
  writeFileSync(
    python,
    `#!${process.execPath}
const args = process.argv.slice(2);
const request = JSON.parse(require("node:fs").readFileSync(args.at(-1), "utf8"));
require("node:fs").writeFileSync(${JSON.stringify(join(folder, "told.json"))},
  JSON.stringify({ args: args.slice(0, -1), request, path: process.env.PYTHONPATH }));
console.log(JSON.stringify({ event: "done", metrics: {} }));`,
  );
  chmodSync(python, 0o755);
  // vLLM has an environment of its own, and a training that wants it has no other.
  if (usesVllm(settings)) vi.stubEnv("SNOWBALL_VLLM_PYTHON", python);
  const started = { ...runners, python: usesVllm(settings) ? "/p/none" : python, cwd: folder };
  const backend = createTrlTrainer(started, devices, pino({ enabled: false }));
  const request = { settings, deepspeed } as unknown as TrainRequest;
  const options = { signal: new AbortController().signal, silenceMs: 10_000, onEvent: () => undefined };
  await backend.train(request, options);
  const told = await import(join(folder, "told.json"), { with: { type: "json" } });
  return told.default as { args: string[]; request: Record<string, unknown>; path: string };
}

test("on one device a trainer is a Python module like any other", async () => {
  expect(launchArgs(runners, "runners.train", [gpu(1)])).toEqual(["-m", "runners.train"]);
  const { args, request, path } = await whatATrainerIsTold([gpu(1)], null);
  expect(args).toEqual(["-m", "runners.train"]);
  expect(request).toMatchObject({ device: "cuda:1", threads: 3, lock: "/locks/cuda-1.lock" });
  expect(request).not.toHaveProperty("devices");
  expect(path).toBe("/p/python");
});

test("on several, accelerate launches a process for each, on a free port and by no one's own configuration", async () => {
  expect(launchArgs(runners, "runners.train", [gpu(0), gpu(1)]).join(" ")).toBe(
    "-m accelerate.commands.launch --multi_gpu --config_file /p/python/envs/accelerate.yaml --num_machines 1 " +
      "--num_processes 2 --main_process_port 0 --mixed_precision no --dynamo_backend no " +
      "--num_cpu_threads_per_process 3 -m runners.train",
  );
  // Whatever the order in which they were leased: all trainings lock their devices in one order.
  const { args, request } = await whatATrainerIsTold([gpu(2), gpu(0), gpu(1)], null);
  expect(args).toContain("accelerate.commands.launch");
  expect(request).toMatchObject({
    devices: ["cuda:0", "cuda:1", "cuda:2"],
    locks: ["/locks/cuda-0.lock", "/locks/cuda-1.lock", "/locks/cuda-2.lock"],
  });
});

test("DeepSpeed is on the search path of a training that asks for it, and of no other", async () => {
  expect(withDeepSpeed(runners)).toEqual({ PYTHONPATH: "/p/python:/p/.tools/deepspeed" });
  expect((await whatATrainerIsTold([gpu(0)], "zero2")).path).toMatch(/^\/p\/python:.*\.tools\/deepspeed$/);
});

test("a training for which vLLM draws runs in vLLM's environment, or is told the command that makes it", async () => {
  const settings = algorithmOf("grpo").settings.parse({ backend: "trl", use_vllm: true });
  const { request } = await whatATrainerIsTold([gpu(0)], null, settings);
  expect(request["settings"]).toMatchObject({ vllm: { max_model_len: 8192, memory_share: 0.3 } });
  vi.stubEnv("SNOWBALL_VLLM_PYTHON", join(temporaryFolder(), "python"));
  const backend = createTrlTrainer(runners, [gpu(0)], pino({ enabled: false }));
  const missing = backend.train({ settings, deepspeed: null } as unknown as TrainRequest, {} as JobOptions);
  await expect(missing).rejects.toThrow(
    /^The Python environment .*python is missing; run "make vllm" in the project\.$/,
  );
});

test("training.deepspeed is nothing, a stage, or what its file says when the run is opened", async () => {
  const root = temporaryFolder();
  writeFileSync(join(root, "own.json"), '{"zero_optimization": {"stage": 2}}');
  writeFileSync(join(root, "list.json"), "[]");
  writeFileSync(join(root, "torn.json"), '{"zero');
  const filesOf = (...named: string[]) => deepspeedFiles(root, named);
  expect(await filesOf("zero2", "zero3")).toBeUndefined();
  const deepspeed = (await filesOf("zero2", "own.json"))!;
  expect(deepspeedOf({ deepspeed }, undefined)).toBeNull();
  expect(deepspeedOf({ deepspeed }, "zero3")).toBe("zero3");
  expect(deepspeedOf({ deepspeed }, "own.json")).toEqual({ zero_optimization: { stage: 2 } });
  expect(() => deepspeedOf({}, "own.json")).toThrow("start the run again");
  for (const name of ["zero4", "list.json", "torn.json"]) {
    await expect(filesOf(name, "zero3")).rejects.toMatchObject({
      type: "BadInput",
      message: `training.deepspeed "${name}" is neither zero1, zero2, zero3 nor a file with a JSON object in it.`,
    });
  }
});
