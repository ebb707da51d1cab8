import { join } from "node:path";
import { isMissing, namesIn } from "../artifact/disk.ts";
import { readAllJsonLines } from "../artifact/files.ts";

/** A training's log, a line per report of its trainer. */
export interface Log {
  /** The folder that it lies in, which is named after the part of the run: "iter_0", "sft". */
  readonly title: string;
  readonly points: readonly (Readonly<Record<string, number>> & { readonly step: number })[];
}

/** What a trainer's log is called, in its artifact and in the folder of the part of the run that it belongs to. */
export const LOG = "training_log.jsonl";

/** The logs of all trainings that a run folder shows. */
export async function readLogs(folder: string): Promise<Log[]> {
  const logs: Log[] = [];
  const names = await namesIn(folder);
  for (const title of names.toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))) {
    const points = await readLog(join(folder, title, LOG));
    if (points.length > 0) logs.push({ title, points });
  }
  return logs;
}

/** A training's log; nothing where there is none. */
export async function readLog(file: string): Promise<Log["points"]> {
  let rows: Record<string, unknown>[];
  try {
    rows = await readAllJsonLines(file);
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === "ENOTDIR") return [];
    throw error;
  }
  return rows.flatMap((row) => {
    const numbers = Object.entries(row).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
    const point = Object.fromEntries(numbers);
    return point["step"] === undefined ? [] : [{ ...point, step: point["step"] }];
  });
}
