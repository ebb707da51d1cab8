import type { Logger } from "pino";
import type { Device } from "../../device/pool.ts";
import { runJob } from "../../process/job.ts";
import { checkPython, type PythonRunners } from "../python.ts";
import type { JobOptions, TrainerBackend } from "./backend.ts";

/** How long a trainer may finish what it writes after it is told to stop, in ms. A torn checkpoint is never announced. */
const GRACE_MS = 20_000;

/** Trains with TRL and merges with PEFT, each as a Python job of its own on the device. */
export function createTrlTrainer(runners: PythonRunners, device: Device, log: Logger): TrainerBackend {
  function run(name: string, module: string, request: object, { signal, silenceMs, onEvent }: JobOptions) {
    checkPython(runners);
    const compute = { device: device.name, threads: device.threads, lock: device.lock };
    const program = { command: runners.python, args: ["-m", module], cwd: runners.cwd, env: runners.env };
    return runJob(
      { name, ...program, graceMs: GRACE_MS, log, silenceMs, onEvent, request: { ...request, ...compute } },
      signal,
    );
  }

  return {
    train: async (request, options) => run("trainer", "runners.train_dpo", request, options),
    merge: async (request, options) => run("merge", "runners.merge", request, options),
  };
}
