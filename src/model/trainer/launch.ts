import { delimiter, join } from "node:path";
import type { Device } from "../../device/pool.ts";
import type { PythonRunners } from "../python.ts";

/** Python's arguments that start a module: in one process, or through `accelerate launch` in one for each device. */
export function launchArgs(runners: PythonRunners, module: string, devices: readonly Device[]): string[] {
  if (devices.length === 1) return ["-m", module];
  const settings = {
    // A file of our own: the user's could choose other GPUs than the leased ones.
    config_file: join(runners.cwd, "envs", "accelerate.yaml"),
    num_machines: 1,
    num_processes: devices.length,
    // A free one: two trainings of a host must not meet.
    main_process_port: 0,
    // Decided by the trainer's own settings.
    mixed_precision: "no",
    dynamo_backend: "no",
    num_cpu_threads_per_process: devices[0]!.threads,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // --multi_gpu names the launcher, not the hardware: it starts processes on the CPU as well.
  return ["-m", "accelerate.commands.launch", "--multi_gpu", ...flags, "-m", module];
}

/** The runners' environment with DeepSpeed, which `make deepspeed` puts where no other training looks. */
export function withDeepSpeed(runners: PythonRunners): PythonRunners["env"] {
  const own = join(runners.cwd, "..", ".tools", "deepspeed");
  const others = runners.env["PYTHONPATH"];
  return { ...runners.env, PYTHONPATH: others ? `${others}${delimiter}${own}` : own };
}
