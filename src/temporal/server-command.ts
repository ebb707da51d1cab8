import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { StepFailure } from "../failure.ts";
import { userName } from "../process/user.ts";
import { SEARCH_ATTRIBUTES } from "./search-attributes.ts";

const OWN = fileURLToPath(new URL("../../.tools/bin/temporal", import.meta.url));

/** The `temporal` program: the one that set-up fetched for this clone, else the one on PATH. */
export function temporalProgram(): string {
  const places = [OWN, ...(process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "temporal"))];
  const found = places.find(isExecutable);
  if (found === undefined) {
    throw new StepFailure(
      "BadInput",
      "No Temporal server: run `make setup`, put the temporal CLI on PATH, or set TEMPORAL_ADDRESS.",
    );
  }
  return found;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Six times faster than the defaults on a file, and as safe: WAL with synchronous=normal loses no consistency. */
const PRAGMAS = { journal_mode: "wal", synchronous: "normal" };

/**
 * A loop's latency is decided here. The transfer queue polls 20 times a second by default, which costs a chain of steps
 * 97 ms each; and with four partitions a queue of one slot polls a single one, so a task may lie unseen for 2 s.
 */
const DYNAMIC_CONFIG = {
  "history.transferProcessorMaxPollRPS": 2000,
  "matching.numTaskqueueReadPartitions": 1,
  "matching.numTaskqueueWritePartitions": 1,
  // So that a worker that is busy with a training is told from one that is gone.
  "frontend.WorkerHeartbeatsEnabled": "true",
  "frontend.ListWorkersEnabled": "true",
};

/** The server's database, in the state folder. */
export const DATABASE = "temporal.db";

/**
 * Arguments of `temporal` for the embedded server; its working folder is the state folder.
 * @param mark the namespace by which it is known, made in the database if it is not there
 */
export function serverArguments(mark: string, port: number, uiPort: number): string[] {
  // The bare name: a path goes into an address, where "#", "?" and "%" mean something else.
  const options = {
    "log-level": "error",
    ip: "127.0.0.1",
    "db-filename": DATABASE,
    namespace: mark,
    port,
    "ui-port": uiPort,
  };
  return [
    "server",
    "start-dev",
    ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    ...repeated("sqlite-pragma", PRAGMAS),
    ...repeated("dynamic-config-value", DYNAMIC_CONFIG),
    ...repeated("search-attribute", SEARCH_ATTRIBUTES),
  ];
}

/**
 * The server's environment. Nothing of the user's own settings for the `temporal` program: it would read them, and end
 * where they are broken or another user's.
 */
export function serverEnvironment(stateFolder: string): NodeJS.ProcessEnv {
  const { PATH, TMPDIR, TZ } = process.env;
  return { PATH, TMPDIR, TZ, HOME: stateFolder, USER: userName() };
}

function repeated(option: string, values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${option}=${name}=${value}`);
}
