import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { StepFailure } from "../failure.ts";
import { DATABASE } from "./server-command.ts";

/** Bytes of a log file so far; what a new start writes begins there. */
export function logLength(logFile: string): number {
  return statSync(logFile, { throwIfNoEntry: false })?.size ?? 0;
}

/** Did this start end because another program took one of its ports in the last moment? */
export function lostPort(logFile: string, from: number): boolean {
  return /address already in use/i.test(textSince(logFile, from));
}

/** Why the embedded server did not start, by what it wrote since `from`, with what to do where that is known. */
export function notStarted(stateFolder: string, logFile: string, from: number): StepFailure {
  const text = textSince(logFile, from);
  const words = text.trim().split("\n").at(-1) ?? "";
  const cure = CURES.find(({ sign }) => sign.test(text));
  if (cure !== undefined) {
    return new StepFailure(
      cure.type,
      `The embedded Temporal server did not start: ${cure.says(stateFolder)} (${logFile})`,
    );
  }
  return new StepFailure(
    "Infrastructure",
    `The embedded Temporal server did not start: ${words === "" ? "it wrote no word" : words} (${logFile})`,
  );
}

const CURES: readonly {
  readonly sign: RegExp;
  readonly type: "DiskFull" | "Infrastructure";
  readonly says: (stateFolder: string) => string;
}[] = [
  {
    sign: /database or disk is full|no space left on device/i,
    type: "DiskFull",
    says: (stateFolder) => `no space is left for ${stateFolder}; free some and start again.`,
  },
  {
    sign: /malformed|not a database|disk image|unsupported file format|no such table|has no column/i,
    type: "Infrastructure",
    says: (stateFolder) =>
      `its database is damaged. Delete it and start again: rm '${join(stateFolder, DATABASE)}'* . ` +
      "Nothing that was committed is lost: a run that is started again finds it in the store.",
  },
  {
    sign: /readonly database|read-only file system|permission denied|unable to open database/i,
    type: "Infrastructure",
    says: (stateFolder) => `it may not write into ${stateFolder}; give this user the right to, or name another --root.`,
  },
];

/** What was written to a log file since it was this long. */
export function textSince(logFile: string, from: number): string {
  return readFileSync(logFile).subarray(from).toString("utf8");
}
