import { alignedLines, NOTHING } from "../contract/table.ts";
import { duration } from "../numbers.ts";

/** A run as a list shows it. */
export interface ListedRun {
  readonly name: string;
  readonly status: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** null where the namespace does not know our search attributes. */
  readonly stage: string | null;
  readonly iteration: number | null;
}

export function runTable(runs: readonly ListedRun[], now: number): string[] {
  const head = ["run", "status", "iteration", "stage", "took", "started"];
  return alignedLines([head, ...runs.map((run) => cells(run, now))]);
}

function cells(run: ListedRun, now: number): string[] {
  return [
    run.name,
    run.status.toLowerCase(),
    run.iteration === null || run.iteration < 0 ? NOTHING : String(run.iteration + 1),
    run.stage ?? NOTHING,
    duration((run.endedAt ?? now) - run.startedAt),
    new Date(run.startedAt).toISOString().slice(0, 16).replace("T", " "),
  ];
}
