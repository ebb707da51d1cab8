import type { Logger } from "pino";
import type { Device } from "../device/pool.ts";
import { type Answer, ModelServer } from "../process/model-server.ts";
import { computeOf } from "./compute.ts";
import { checkPython, type PythonRunners } from "./python.ts";

/** A checkpoint on a slow file system is read for minutes without a word, in ms. */
const LOAD_SILENCE_MS = 15 * 60_000;

/** A runner that serves a model. */
export interface PythonServer {
  /** What a person calls it: "model server", "image server". */
  readonly name: string;
  /** Its Python module. */
  readonly module: string;
  /** What it loads; the devices are added. */
  readonly checkpoint: object;
  /** The longest it may say nothing while it works, in ms; loading may take longer. */
  readonly silenceMs: number;
}

/** Starts a runner that serves a model, and has it load its checkpoint on its devices. */
export async function startPythonServer(
  { name, module, checkpoint, silenceMs }: PythonServer,
  devices: readonly Device[],
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
        body: { ...checkpoint, ...computeOf(devices) },
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
