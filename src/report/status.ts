import { tableLines } from "../contract/table.ts";
import { liveLines } from "./live.ts";
import { duration } from "../numbers.ts";
import type { RunSnapshot, RunStatus } from "./snapshot.ts";

const ENDED: Readonly<Record<Exclude<RunStatus, "RUNNING">, string>> = {
  COMPLETED: "complete",
  FAILED: "failed",
  CANCELLED: "cancelled",
  TERMINATED: "cancelled",
  TIMED_OUT: "timed out",
};

/** One look at a run: where it stands, and the tables so far; of one that is over, how and when it ended. */
export function statusLines(snapshot: RunSnapshot, now: number): string[] {
  const { name, status, startedAt, endedAt, progress } = snapshot;
  if (status !== "RUNNING") {
    return [`${name}   ${ENDED[status]}${endedAt === null ? "" : `   ${duration(endedAt - startedAt)}`}`];
  }
  const tables = (progress?.tables ?? []).filter((table) => table.rows.length > 0);
  return [
    ...liveLines(snapshot, { now, width: Number.POSITIVE_INFINITY, remaining: null }),
    ...tables.flatMap((table) => ["", ...tableLines(table)]),
  ];
}
