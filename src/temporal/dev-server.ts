import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "@temporalio/client";
import type { FileLock } from "../process/file-lock.ts";
import { fateOf, isRunning } from "../process/identity.ts";
import { loopback } from "./addresses.ts";
import { type EmbeddedServer, embeddedServer } from "./embedded.ts";
import { type Guarded, startGuarded } from "./guard.ts";
import { freePort, listens } from "./ports.ts";
import { forgetServer, markOf, rememberServer } from "./remember.ts";
import { type SeatOptions, seatOr } from "./seat.ts";
import { DATABASE, serverArguments, serverEnvironment, temporalProgram } from "./server-command.ts";
import { logLength, lostPort, notStarted } from "./server-log.ts";

/** The ports that people know; others are taken where these are in use. */
const PORTS: Ports = { grpc: 7233, ui: 8233 };
/** A warm start takes a quarter of a second; a cold disk or a long write-ahead log may need more. */
const START_MS = 30_000;
/** How often a port may be lost to another program between the look at it and the server's own bind. */
const TRIES = 5;
const POLL_MS = 50;
/** It closes its database in about a second; after a kill the write-ahead log is replayed all the same. */
const GRACE_SECONDS = 5;
const ORPHAN_MS = (GRACE_SECONDS + 2) * 1_000;

export interface Ports {
  readonly grpc: number;
  readonly ui: number;
}

export function portsOf({ address, ui }: Pick<EmbeddedServer, "address" | "ui">): Ports {
  return { grpc: Number(address.split(":").at(-1)), ui: Number(new URL(ui).port) };
}

/** `stateFolder`: where its database, its log and its ports are kept. A local disk: SQLite's locks need one. */
export interface DevServerOptions extends SeatOptions {
  /** The ports of the server that this one replaces, so that everybody finds it again; wished for, not needed. */
  readonly ports?: Ports | undefined;
  /** How long the server of a killed command may take to end by itself, in ms: longer than its grace time. */
  readonly orphanMs?: number;
}

export interface DevServer extends EmbeddedServer {
  /** It was running already: whoever started it will stop it. */
  readonly reused: boolean;
  /** Resolves with its exit status when it has ended; never for a reused one. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Starts the embedded Temporal server, or finds the one that runs on this state folder. Returns when it answers. */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const seat = await takeSeat(options);
  if (!("release" in seat)) return { ...seat, reused: true, ended: forever, stop: async () => {} };
  try {
    const server = await startOnSeat(options);
    const ended = server.ended.finally(() => seat.release());
    return { ...server, ended, stop: async () => void (await server.stop(), await ended) };
  } catch (error) {
    seat.release();
    throw error;
  }
}

const forever = new Promise<never>(() => {});

/** Takes the seat of this state folder, to run its server, or finds the server of whoever has it. */
export function takeSeat(options: SeatOptions): Promise<FileLock | EmbeddedServer> {
  return seatOr(options, () => runningServer(options.stateFolder));
}

async function runningServer(stateFolder: string): Promise<EmbeddedServer | null> {
  const server = embeddedServer(stateFolder);
  return server !== null && (await answersAs(server)) ? server : null;
}

/** Starts the embedded server; its caller has the seat, and keeps it until the server has ended. */
export async function startOnSeat({
  stateFolder,
  ports = PORTS,
  signal,
  orphanMs = ORPHAN_MS,
}: DevServerOptions): Promise<DevServer> {
  await endOrphan(stateFolder, orphanMs);
  const mark = await markOf(stateFolder);
  const logFile = join(stateFolder, "temporal.log");
  for (let left = TRIES; ; left--) {
    signal?.throwIfAborted();
    const grpc = await freePort(left === TRIES ? ports.grpc : 0);
    const ui = await freePort(left === TRIES ? ports.ui : 0);
    const written = logLength(logFile);
    const isNew = !existsSync(join(stateFolder, DATABASE));
    const server = await startGuarded({
      command: temporalProgram(),
      args: serverArguments(mark, grpc, ui),
      cwd: stateFolder,
      env: serverEnvironment(stateFolder),
      logFile,
      graceSeconds: GRACE_SECONDS,
    });
    const where = { pid: server.pid, address: `127.0.0.1:${grpc}`, ui: `http://localhost:${ui}`, mark };
    try {
      if (await comesUp(where, server.ended)) {
        const known = await rememberServer(stateFolder, where);
        return { ...known, reused: false, ended: server.ended, stop: () => stop(server, stateFolder) };
      }
    } catch (error) {
      await server.stop();
      throw error;
    }
    await server.stop();
    const lost = lostPort(logFile, written);
    const failure = notStarted(stateFolder, logFile, written);
    // A database that was begun on a full disk would stay half of one.
    if (isNew) removeDatabase(stateFolder);
    if (left === 1 || !lost) throw failure;
  }
}

function removeDatabase(stateFolder: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(stateFolder, DATABASE + suffix), { force: true });
}

async function stop(server: Guarded, stateFolder: string): Promise<void> {
  await server.stop();
  forgetServer(stateFolder);
}

/**
 * A server whose command was killed is ended by its guard within the grace time. One that is still there afterwards has
 * lost its guard as well, and nobody would ever stop it.
 */
async function endOrphan(stateFolder: string, patienceMs: number): Promise<void> {
  const orphan = embeddedServer(stateFolder);
  if (orphan === null || fateOf(orphan) !== "running") return;
  const deadline = Date.now() + patienceMs;
  while (isRunning(orphan) && Date.now() < deadline) await sleep(POLL_MS);
  if (isRunning(orphan)) process.kill(orphan.pid, "SIGKILL");
  while (isRunning(orphan)) await sleep(POLL_MS);
}

type Where = Pick<EmbeddedServer, "address" | "mark">;

/** Does the server answer there within the time, and before `gone` is settled? */
async function comesUp(where: Where, gone: Promise<unknown>): Promise<boolean> {
  const deadline = Date.now() + START_MS;
  const ended = gone.then(() => "ended" as const);
  while (Date.now() < deadline) {
    if (await answersAs(where)) return true;
    if ((await Promise.race([ended, sleep(POLL_MS)])) === "ended") return false;
  }
  return false;
}

/** Does a Temporal front end answer there now, and is it the one of this mark? */
async function answersAs({ address, mark }: Where): Promise<boolean> {
  // gRPC waits a second after a refused connection; a plain one can be tried again at once.
  if (!(await listens(address))) return false;
  try {
    const connection = await Connection.connect({ ...loopback(address), connectTimeout: 1_000 });
    try {
      await connection.withDeadline(Date.now() + 1_000, () =>
        connection.workflowService.describeNamespace({ namespace: mark }),
      );
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    // Not listening yet, or not ready, or another root's: asked again until the deadline.
    return false;
  }
}
