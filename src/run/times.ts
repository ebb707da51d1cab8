import { appendFile, mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { namesIn } from "../artifact/disk.ts";
import { readAllJsonLines } from "../artifact/files.ts";

/** Where the time of one attempt of a step went, in ms; beside the artifacts, because it differs between equal runs. */
export interface StepTime {
  readonly step: string;
  /** The task queue that it came from, which is by role. */
  readonly queue: string;
  readonly attempt: number;
  readonly failed: boolean;
  readonly host: string;
  /** That it held. */
  readonly devices: readonly string[];
  /** When the server put it into its queue, by the server's clock, ms since the epoch; absent in older notes. */
  readonly scheduled?: number;
  /** When it began on its worker, ms since the epoch, and how long it took from then on. */
  readonly began: number;
  readonly took: number;
  /** Until a worker took it. */
  readonly queued: number;
  /** Of what it took: until a device was free, until a model was loaded, and while that was asked. */
  readonly waited: number;
  readonly loaded: number;
  readonly worked: number;
}

/** Notes an attempt. A file is one process's own: several hosts can share the folder. */
export async function noteTime(state: string, run: string, time: StepTime): Promise<void> {
  const folder = folderOf(state, run);
  await mkdir(folder, { recursive: true });
  await appendFile(join(folder, `${hostname()}-${process.pid}.jsonl`), `${JSON.stringify(time)}\n`);
}

/** All that was noted of a run, of earlier starts too. A last line that a power cut tore is left out. */
export async function readTimes(state: string, run: string): Promise<StepTime[]> {
  const folder = folderOf(state, run);
  const times: StepTime[] = [];
  for (const name of await namesIn(folder)) {
    const file = join(folder, name);
    times.push(...(await readAllJsonLines<StepTime>(file, { torn: "left out" })));
  }
  return times;
}

function folderOf(state: string, run: string): string {
  return join(state, "times", encodeURIComponent(run));
}
