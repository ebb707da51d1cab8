import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PROJECT } from "./world.ts";

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Starts test/harness/worker-main.ts and waits until its workers run. */
export async function startWorkerProcess(root: string, address: string, crash?: string): Promise<WorkerProcess> {
  const child = spawn(
    process.execPath,
    [join(PROJECT, "test/harness/worker-main.ts"), root, address, ...(crash ? [crash] : [])],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ended = once(child, "exit").then(() => {});
  await Promise.race([once(child.stdout, "data"), ended]);
  return {
    child,
    ended,
    async kill(signal) {
      child.kill(signal);
      if (signal !== "SIGSTOP" && signal !== "SIGCONT") await ended;
    },
  };
}
