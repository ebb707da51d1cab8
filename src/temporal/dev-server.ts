import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Connection } from "@temporalio/client";
import { StepFailure } from "../failure.ts";
import { type EmbeddedServer, embeddedServer, forgetServer, rememberServer } from "./embedded.ts";
import { type Guarded, startGuarded } from "./guard.ts";
import { freePort, listens } from "./ports.ts";
import { serverArguments, temporalProgram } from "./server-command.ts";
import { exclusively } from "./start-lock.ts";

/** The ports that people know; others are taken where these are in use. */
const PORT = 7233;
const UI_PORT = 8233;
/** A warm start takes a quarter of a second; a cold disk or a long write-ahead log may need more. */
const START_MS = 30_000;
/** How long a server that is remembered as alive may take to answer before it is taken for another program. */
const REUSE_MS = 5_000;
const POLL_MS = 50;
/** It closes its database in about a second; after a kill the write-ahead log is replayed all the same. */
const GRACE_SECONDS = 5;

export interface DevServerOptions {
  /** Where its database, its log and its ports are kept. A local disk: SQLite's locks need one. */
  readonly stateFolder: string;
  /** The ports of the server that this one replaces, so that everybody finds it again. */
  readonly ports?: { readonly grpc: number; readonly ui: number };
}

export interface DevServer extends EmbeddedServer {
  /** It was running already: whoever started it will stop it. */
  readonly reused: boolean;
  /** Resolves with its exit status when it has ended; never for a reused one. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** Starts the embedded Temporal server, or finds the one that runs on this state folder. Returns when it answers. */
export function startDevServer(options: DevServerOptions): Promise<DevServer> {
  // Two servers on one SQLite file would corrupt each other's view of it.
  return exclusively(join(options.stateFolder, "server.lock"), async () => {
    const running = embeddedServer(options.stateFolder);
    if (running !== null && (await answers(running.address, REUSE_MS, forever))) {
      return { ...running, reused: true, ended: forever, stop: async () => {} };
    }
    return start(options);
  });
}

const forever = new Promise<never>(() => {});

async function start({ stateFolder, ports }: DevServerOptions): Promise<DevServer> {
  mkdirSync(stateFolder, { recursive: true });
  const grpc = ports?.grpc ?? (await freePort(PORT));
  const ui = ports?.ui ?? (await freePort(UI_PORT));
  const logFile = join(stateFolder, "temporal.log");
  const server = await startGuarded({
    command: temporalProgram(),
    args: serverArguments(join(stateFolder, "temporal.db"), grpc, ui),
    cwd: stateFolder,
    logFile,
    graceSeconds: GRACE_SECONDS,
  });
  const address = `127.0.0.1:${grpc}`;
  if (!(await answers(address, START_MS, server.ended))) {
    await server.stop();
    throw new StepFailure(
      "Infrastructure",
      `The embedded Temporal server did not start: ${lastLine(logFile)} (${logFile})`,
    );
  }
  const known = { pid: server.pid, address, ui: `http://localhost:${ui}` };
  rememberServer(stateFolder, known);
  return { ...known, reused: false, ended: server.ended, stop: () => stop(server, stateFolder) };
}

async function stop(server: Guarded, stateFolder: string): Promise<void> {
  await server.stop();
  forgetServer(stateFolder);
}

/** Does a Temporal front end answer there within the time, and before `gone` is settled? */
async function answers(address: string, withinMs: number, gone: Promise<unknown>): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  const ended = gone.then(() => "ended" as const);
  while (Date.now() < deadline) {
    if (await answersNow(address)) return true;
    if ((await Promise.race([ended, sleep(POLL_MS)])) === "ended") return false;
  }
  return false;
}

async function answersNow(address: string): Promise<boolean> {
  // gRPC waits a second after a refused connection; a plain one can be tried again at once.
  if (!(await listens(address))) return false;
  try {
    const connection = await Connection.connect({ address, connectTimeout: 1_000 });
    try {
      await connection.workflowService.describeNamespace({ namespace: "default" });
      return true;
    } finally {
      await connection.close();
    }
  } catch {
    // Not listening yet, or listening and not ready: asked again until the deadline.
    return false;
  }
}

function lastLine(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").at(-1) ?? "";
}
