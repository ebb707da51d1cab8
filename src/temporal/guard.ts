import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { text } from "node:stream/consumers";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

export interface GuardedSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Appended to; stdout and stderr go here. */
  readonly logFile: string;
  /** Seconds between SIGTERM and SIGKILL when it is stopped. */
  readonly graceSeconds: number;
  /** The child's whole environment; this process's own when absent. */
  readonly env?: NodeJS.ProcessEnv;
}

/** A process that dies with this one, however this one dies. */
export interface Guarded {
  readonly pid: number;
  /** Resolves when it has ended, with its exit status: 128 + n for signal n, as a shell gives it. */
  readonly ended: Promise<number>;
  /** SIGTERM, then SIGKILL after the grace time; resolves when it is gone. */
  stop(): Promise<void>;
}

const GUARD = fileURLToPath(new URL("guard.sh", import.meta.url));

/** Starts a command under guard.sh, which ends it when our end of its stdin closes. */
export async function startGuarded(spec: GuardedSpec): Promise<Guarded> {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, "a");
  let guard: ChildProcess;
  try {
    guard = spawn("/bin/sh", [GUARD, String(spec.graceSeconds), spec.command, ...spec.args], {
      cwd: spec.cwd,
      env: spec.env ?? process.env,
      stdio: ["pipe", log, log, "pipe"],
      // Its own process group: the terminal's ^C is for this process, which then stops its children in order.
      detached: true,
    });
  } finally {
    closeSync(log);
  }
  const ended = once(guard, "exit").then(([code, signal]) => (signal === null ? Number(code) : 128));
  // A write end that the guard closed by ending is no news: `ended` tells it.
  guard.stdin?.on("error", () => {});
  const pid = Number(await text(guard.stdio[3] as Readable));
  return {
    pid,
    ended,
    stop: async () => {
      guard.stdin?.end();
      await ended;
    },
  };
}
