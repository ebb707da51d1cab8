import { spawn } from "node:child_process";
import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { StepFailure } from "../failure.ts";
import { configuredServer } from "../temporal/configured.ts";
import { connect, resolveConnection } from "../temporal/connection.ts";
import { startDevServer } from "../temporal/dev-server.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { unservedQueues } from "../temporal/pollers.ts";
import { hostServerAndWorker, hostWorker } from "./embedded-host.ts";
import { interrupted } from "./interrupt.ts";
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
  const options = { root, say: log };
  const host = configuredServer() === null ? await ownServer(options) : await hostWorker(options);
  rememberUp(root);
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  try {
    await Promise.race([stopped, host.hopeless]);
  } finally {
    await host.stop();
    forgetUp(root);
  }
}

function log(line: string): void {
  console.log(`${new Date().toISOString()}  ${line}`);
}

async function ownServer(options: { readonly root: string; readonly say: (line: string) => void }) {
  const server = await startDevServer({ stateFolder: stateFolderOf(options.root) });
  if (server.reused) {
    throw new StepFailure(
      "BadInput",
      `A server of another command runs already (${server.ui}); it ends with that command.`,
    );
  }
  return hostServerAndWorker(server, options);
}

/** Starts the supervisor as a process of its own, and waits until server and worker answer. */
async function detach(root: string): Promise<void> {
  if (upProcess(root) === null) {
    const logFile = join(stateFolderOf(root), "up.log");
    mkdirSync(stateFolderOf(root), { recursive: true });
    const output = openSync(logFile, "a");
    const child = spawn(process.execPath, [...process.execArgv, MAIN, "up", "--foreground", "--root", root], {
      cwd: root,
      detached: true,
      stdio: ["ignore", output, output],
    });
    child.unref();
    await ready(root, () => child.exitCode, logFile);
  }
  const server = resolveConnection(root);
  console.log(`Up: Temporal at ${server?.address ?? "–"} and a worker.   Stop both: bin/snowball down`);
  if (server?.ui) console.log(`  Temporal UI  ${server.ui}`);
}

async function ready(root: string, exitCode: () => number | null, logFile: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (exitCode() !== null) break;
    if (upProcess(root) !== null && (await served(root))) return;
    await sleep(POLL_MS);
  }
  throw new StepFailure(
    "Infrastructure",
    `Server and worker did not come up; ${logFile} and worker.log beside it say why.`,
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
