import { join } from "node:path";
import type { Logger } from "pino";
import { readJson } from "../../artifact/files.ts";
import { measured } from "../../checking/measured.ts";
import type { Device } from "../../device/pool.ts";
import { runJob } from "../../process/job.ts";
import { usesVllm, withVllm } from "../../training/vllm.ts";
import { computeOf } from "../compute.ts";
import { checkPython, mlxPython, type PythonRunners, vllmRunners } from "../python.ts";
import type { JobOptions, TrainerBackend, TrainRequest } from "./backend.ts";
import { launchArgs, withDeepSpeed } from "./launch.ts";

/** How long a trainer may finish what it writes after it is told to stop, in ms. A torn checkpoint is never announced. */
const GRACE_MS = 20_000;

/** Trains with TRL, in one process on each device, and merges with PEFT on the first: each a Python job of its own. */
export function createTrlTrainer(runners: PythonRunners, devices: readonly Device[], log: Logger): TrainerBackend {
  // All trainings take the locks of their devices in one order, so that no two wait for each other.
  const leased = devices.toSorted((a, b) => (a.lock < b.lock ? -1 : 1));

  function run(
    job: {
      readonly name: string;
      readonly module: string;
      readonly env: PythonRunners["env"];
      readonly python?: string;
      /** The command that makes its environment. */
      readonly made?: string | undefined;
    },
    request: object,
    own: readonly Device[],
    { signal, silenceMs, onEvent }: JobOptions,
  ) {
    const { name, module, env, python = runners.python, made = runners.made } = job;
    checkPython({ python }, made);
    const program = { command: python, args: launchArgs(runners, module, own), cwd: runners.cwd, env };
    const told = { ...request, ...computeOf(own) };
    return runJob({ name, ...program, graceMs: GRACE_MS, log, silenceMs, onEvent, request: told }, signal);
  }

  return {
    train: async (request, options) => {
      const own = trainedBy(runners, request);
      const env = request.deepspeed === null ? own.env : withDeepSpeed(own);
      return run({ ...own, name: "trainer", module: "runners.train", env }, withVllm(request), leased, options);
    },
    merge: async (request, options) =>
      run({ name: "merge", module: "runners.merge", env: runners.env }, request, leased.slice(0, 1), options),
    async check(request, options) {
      const mlx = { module: "runners.mlx_speak", python: mlxPython(), made: "make mlx" };
      const own = request.mlx === null ? { ...trainedBy(runners, request), module: "runners.check" } : mlx;
      await run({ name: "check", env: runners.env, ...own }, withVllm(request), leased.slice(0, 1), options);
      return measured.parse(await readJson(join(request.output, "measured.json")));
    },
    job: async (module, request, options) =>
      run({ name: module, module, env: runners.env }, request, leased.slice(0, 1), options),
  };
}

/** vLLM draws inside the trainer's process, so the trainer runs in vLLM's environment, which has TRL as well. */
function trainedBy(runners: PythonRunners, { settings }: Pick<TrainRequest, "settings">): PythonRunners {
  return usesVllm(settings) ? vllmRunners(runners) : runners;
}
