import { existsSync, readFileSync, statfsSync, statSync } from "node:fs";
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
  const words = lastLine(logFile, from);
  // Its last words may not have found room either.
  const cure = freeBytes(stateFolder) < LITTLE_SPACE ? FULL : CURES.find(({ sign }) => sign.test(text));
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

/** Bytes: a database without a single run takes more. */
const LITTLE_SPACE = 1 << 20;

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

interface Cure {
  readonly sign: RegExp;
  readonly type: "DiskFull" | "Infrastructure";
  readonly says: (stateFolder: string) => string;
}

const FULL: Cure = {
  sign: /database or disk is full|no space left on device/i,
  type: "DiskFull",
  says: (stateFolder) => `no space is left for ${stateFolder}; free some and start again.`,
};

const CURES: readonly Cure[] = [
  FULL,
  {
    sign: /malformed|not a database|disk image|unsupported file format|no such table|has no column/i,
    type: "Infrastructure",
    says: (stateFolder) =>
      `its database is damaged. Delete it and start again: rm '${join(stateFolder, DATABASE)}'* . ` +
      "Nothing that was committed is lost: a run that is started again finds it in the store.",
  },
  {
    sign: /unknown userid/,
    type: "Infrastructure",
    says: () =>
      `this user's id (${process.getuid?.()}) has no name on this system, and this build of the server asks for one: ` +
      "add a line for it to /etc/passwd, or set TEMPORAL_ADDRESS to a server that runs elsewhere.",
  },
  {
    sign: /readonly database|read-only file system|permission denied|unable to open database/i,
    type: "Infrastructure",
    says: (stateFolder) => `it may not write into ${stateFolder}; give this user the right to, or name another --root.`,
  },
];

/** The last sentence of a log file, of what was written since it was this long; empty when it says none. */
export function lastLine(logFile: string, from = 0): string {
  const lines = textSince(logFile, from).split("\n");
  return lines.findLast((line) => /^\p{L}/u.test(line) && !line.startsWith("Node.js v"))?.trim() ?? "";
}

function textSince(logFile: string, from: number): string {
  return existsSync(logFile) ? readFileSync(logFile).subarray(from).toString("utf8") : "";
}
