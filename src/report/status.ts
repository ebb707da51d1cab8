import { iterationTable } from "./iterations.ts";
import { liveLines } from "./live.ts";
import { duration } from "./numbers.ts";
import type { RunSnapshot, RunStatus } from "./snapshot.ts";

const ENDED: Readonly<Record<Exclude<RunStatus, "RUNNING">, string>> = {
  COMPLETED: "complete",
  FAILED: "failed",
  CANCELLED: "cancelled",
  TERMINATED: "cancelled",
  TIMED_OUT: "timed out",
};

/** One look at a run: where it stands, and the iterations that are finished; of one that is over, how and when it ended. */
export function statusLines(snapshot: RunSnapshot, now: number): string[] {
  const { name, status, startedAt, endedAt, progress } = snapshot;
  if (status !== "RUNNING") {
    return [`${name}   ${ENDED[status]}${endedAt === null ? "" : `   ${duration(endedAt - startedAt)}`}`];
  }
  const table = progress === null ? [] : iterationTable(progress.table);
  return [
    ...liveLines(snapshot, { now, width: Number.POSITIVE_INFINITY, remaining: null }),
    ...(table.length > 1 ? ["", ...table] : []),
  ];
}
