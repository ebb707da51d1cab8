import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { configuredServer } from "../temporal/configured.ts";
import { connect, resolveConnection } from "../temporal/connection.ts";
import { takeSeat } from "../temporal/dev-server.ts";
import { makeStateFolder, stateFolderOf } from "../temporal/embedded.ts";
import { unservedQueues } from "../temporal/pollers.ts";
import { holderOf, wordsOf } from "../temporal/seat.ts";
import { lastLine, logLength } from "../temporal/server-log.ts";
import { type EmbeddedHost, type HostOptions, hostServerAndWorker, hostWorker, seatOptions } from "./embedded-host.ts";
import { interrupted } from "./exit.ts";
import { rootOption } from "./options.ts";
import { forgetUp, rememberUp, upProcess } from "./up-state.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
/** A server on a long history and a worker that bundles its workflows take a few seconds. */
const READY_MS = 60_000;
const POLL_MS = 200;

interface UpOptions {
  readonly root: string;
  readonly foreground?: boolean;
}

export function upCommand(): Command {
  return new Command("up")
    .description("start a server and a worker that stay until `snowball down`")
    .option("--foreground", "stay attached, for a service manager; ^C stops both")
    .addOption(rootOption())
    .addHelpText(
      "after",
      `
Where TEMPORAL_ADDRESS or a client profile names a server, only a worker is started.

Example:
  snowball up && snowball run my.yaml`,
    )
    .action((options: UpOptions) => (options.foreground ? stay(options.root) : detach(options.root)));
}

/** Supervises server and worker until this process is stopped. */
async function stay(root: string): Promise<void> {
  const signal = interrupted();
  const options = { root, command: "snowball up", say: log, signal };
  const host = await (configuredServer() === null ? ownServer(options) : hostWorker(options));
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  try {
    await rememberUp(root);
    await Promise.race([stopped, host.hopeless]);
  } finally {
    await host.stop();
    forgetUp(root);
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString()}  ${line}`);
}

async function ownServer(options: HostOptions): Promise<EmbeddedHost> {
  const seat = await takeSeat(seatOptions(options, true));
  if ("release" in seat) return hostServerAndWorker(seat, options);
  const holder = holderOf(stateFolderOf(options.root));
  throw new StepFailure(
    "BadInput",
    `The server of ${wordsOf(holder)} runs already (${seat.ui}); it ends with that command.`,
  );
}

/** Starts the supervisor as a process of its own, and waits until server and worker answer. */
async function detach(root: string): Promise<void> {
  if (upProcess(root) === null) {
    const logFile = join(stateFolderOf(root), "up.log");
    makeStateFolder(stateFolderOf(root));
    const written = logLength(logFile);
    const output = openSync(logFile, "a");
    const child = spawn(process.execPath, [...process.execArgv, MAIN, "up", "--foreground", "--root", root], {
      cwd: root,
      detached: true,
      stdio: ["ignore", output, output],
    });
    child.unref();
    await ready(root, () => child.exitCode, { logFile, written });
  }
  const server = resolveConnection(root);
  console.log(`Up: Temporal at ${server?.address ?? "–"} and a worker.   Stop both: bin/snowball down`);
  if (server?.ui) console.log(`  Temporal UI  ${server.ui}`);
}

async function ready(
  root: string,
  exitCode: () => number | null,
  { logFile, written }: { readonly logFile: string; readonly written: number },
): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (exitCode() !== null) break;
    if (upProcess(root) !== null && (await served(root))) return;
    await sleep(POLL_MS);
  }
  const last = lastLine(logFile, written);
  throw new StepFailure(
    "Infrastructure",
    `Server and worker did not come up${last === "" ? "" : `: ${last}`} (${logFile}, and worker.log beside it).`,
  );
}

async function served(root: string): Promise<boolean> {
  const server = await connect(root);
  try {
    return (await unservedQueues(server, ["control"])).length === 0;
  } finally {
    await server.connection.close();
  }
}
