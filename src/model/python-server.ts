import type { Logger } from "pino";
import type { Device } from "../device/pool.ts";
import { type Answer, ModelServer } from "../process/model-server.ts";
import { checkPython, type PythonRunners } from "./python.ts";

/** A checkpoint on a slow file system is read for minutes without a word, in ms. */
const LOAD_SILENCE_MS = 15 * 60_000;

/** A runner that serves a model. */
export interface PythonServer {
  /** What a person calls it: "model server", "image server". */
  readonly name: string;
  /** Its Python module. */
  readonly module: string;
  /** What it loads; the device is added. */
  readonly checkpoint: object;
  /** The longest it may say nothing while it works, in ms; loading may take longer. */
  readonly silenceMs: number;
}

/** Starts a runner that serves a model, and has it load its checkpoint on the device. */
export async function startPythonServer(
  { name, module, checkpoint, silenceMs }: PythonServer,
  device: Device,
  runners: PythonRunners,
  log: Logger,
  signal: AbortSignal,
): Promise<ModelServer> {
  checkPython(runners, runners.made);
  return ModelServer.start(
    {
      name,
      command: runners.python,
      args: ["-m", module],
      cwd: runners.cwd,
      env: runners.env,
      log,
      load: {
        body: { ...checkpoint, device: device.name, threads: device.threads, lock: device.lock },
        silenceMs: Math.max(LOAD_SILENCE_MS, silenceMs),
      },
    },
    signal,
  );
}

/** Tells whoever wants to know when a request of micro-batches of `asked` had to go on with smaller ones. */
export function noteSmaller({ notes }: Answer, asked: number, onSmallerBatch: ((size: number) => void) | undefined) {
  const size = notes["micro_batch"];
  if (typeof size === "number" && size < asked) onSmallerBatch?.(size);
}
