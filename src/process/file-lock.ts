import { accessSync, constants, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { codeOf, isMissing } from "../artifact/disk.ts";
import { StepFailure } from "../failure.ts";

/** A file that this process holds against all others, until it lets go or dies. */
export interface FileLock {
  release(): void;
}

/** Locks of this process. A database that nobody refers to is closed, and its lock dropped with it. */
const held = new Set<DatabaseSync>();

/** SQLite's numbers; the byte above them only says more. */
const BUSY = 5;
const NOT_A_DATABASE = 26;

/**
 * Takes the lock, or returns null when somebody has it, this process included.
 *
 * It is the one with which SQLite guards a database: the kernel's own, on Linux and macOS, dropped by the kernel with
 * the process that held it. Nothing is ever written, so that a full disk does not matter, and what stands in the file
 * says nothing. The file must be opened by nobody else in this process: closing it there would drop the lock.
 */
export function tryLock(file: string): FileLock | null {
  // SQLite would take a lock of no force on a file that it cannot write.
  accessSync(...writable(file));
  for (let mended = false; ; mended = true) {
    const database = new DatabaseSync(file, { open: false });
    try {
      database.open();
      database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
      held.add(database);
      return { release: () => void (held.delete(database) && database.close()) };
    } catch (error) {
      if (database.isOpen) database.close();
      const code = sqliteCode(error);
      if (code === BUSY) return null;
      // Foreign bytes, which nobody can hold. Emptied in place: a new file would be another lock.
      if (code === NOT_A_DATABASE && !mended) truncateSync(file);
      else throw cannotLock(file, error);
    }
  }
}

/** Between two tries, in ms. */
const POLL_MS = 100;
/** A start or a stop takes about a second, in ms. */
const PATIENCE_MS = 3_000;

/** How a wait for somebody else behaves. */
export interface Waiting {
  /** Ends the waiting: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the wait grows long. */
  readonly onLong?: () => void;
  /** How long that is, in ms. */
  readonly patienceMs?: number;
}

/** Tries until there is something, every tenth of a second. */
export async function waitFor<T>(
  attempt: () => Promise<T | null> | T | null,
  { signal, onLong, patienceMs = PATIENCE_MS }: Waiting,
): Promise<T> {
  const began = Date.now();
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const found = await attempt();
    if (found !== null) return found;
    if (!told && Date.now() - began > patienceMs) {
      told = true;
      onLong?.();
    }
    await sleep(POLL_MS);
  }
}

function writable(file: string): [path: string, mode: number] {
  try {
    accessSync(file, constants.F_OK);
    return [file, constants.R_OK | constants.W_OK];
  } catch (error) {
    if (!isMissing(error)) throw error;
    return [dirname(file), constants.W_OK | constants.X_OK];
  }
}

function sqliteCode(error: unknown): number | undefined {
  if (codeOf(error) !== "ERR_SQLITE_ERROR") return undefined;
  return Number((error as { readonly errcode?: number }).errcode) & 0xff;
}

function cannotLock(file: string, cause: unknown): StepFailure {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StepFailure(
    "Infrastructure",
    `${file} cannot be locked (${why}); the state folder needs a disk with locks: a local one, or NFS with its lock service.`,
    { cause },
  );
}
