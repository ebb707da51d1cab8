import { isIP } from "node:net";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Command, InvalidArgumentError, Option } from "commander";
import { pino } from "pino";
import { type Permission, PERMISSIONS } from "../contract/permissions.ts";
import { ROLES, type Role } from "../contract/queues.ts";
import { hostDevices } from "../device/detect.ts";
import type { DeviceSpec } from "../device/devices.ts";
import { StepFailure } from "../failure.ts";
import { connectTo, resolveConnection, type ServerAddress } from "../temporal/connection.ts";
import { VERSIONING, type Versioning } from "../temporal/deployment.ts";
import { startTracing } from "../tracing/start.ts";
import { interrupted } from "./exit.ts";
import { rootOption } from "./options.ts";

/** How often a worker looks whether its embedded server has moved, in ms. */
const MOVED_MS = 2_000;
/** Of a CPU device: fixed, so that the bytes are too, and one waits for none. */
const CPU_THREADS = 1;
/** Beside a GPU, threads decode and resize images; more than these bring nothing. */
const MOST_GPU_THREADS = 8;

interface WorkerOptions {
  readonly root: string;
  readonly roles: readonly Role[];
  readonly devices?: string;
  readonly threads?: number;
  readonly control: boolean;
  readonly apiRate?: number;
  readonly allow: readonly Permission[];
  readonly versioning: Versioning;
  readonly logLevel: string;
  readonly metricsAddress?: string;
}

export function workerCommand(): Command {
  return new Command("worker")
    .description("play roles on this host's devices until it is stopped")
    .addOption(
      new Option("--roles <roles>", "what this host's devices do")
        .argParser(parseRoles)
        .default([...ROLES], ROLES.join(",")),
    )
    .addOption(
      new Option(
        "--devices <devices>",
        "CUDA indices (0,1) or a number of CPU devices (cpu:2); absent: every GPU of the host, or cpu:4",
      )
        // The workers that `run` and `up` start take it from here.
        .env("SNOWBALL_DEVICES"),
    )
    .addOption(
      new Option("--threads <n>", "CPU threads of a model process; absent: 1, and beside a GPU its share").argParser(
        parseThreads,
      ),
    )
    .addOption(
      new Option("--api-rate <n>", "requests a second to a service outside, of all hosts together; absent: 5")
        .argParser(parseRate)
        .env("SNOWBALL_API_RATE"),
    )
    .addOption(
      new Option("--allow <what>", `what recipes may ask of this worker beside its steps: ${permitted()}`)
        .argParser(parsePermissions)
        .env("SNOWBALL_ALLOW")
        .default([], "nothing"),
    )
    .option("--no-control", "leave workflows and light steps to other hosts")
    .addOption(
      new Option(
        "--versioning <how>",
        "auto: runs stay with their version of the workflows, new ones begin under this worker's; manual: which one is current is yours to say; off: every worker takes every run",
      )
        .choices(VERSIONING)
        .env("SNOWBALL_VERSIONING")
        .default("auto"),
    )
    .addOption(rootOption())
    .addOption(
      new Option("--metrics-address <host:port>", "serve metrics for Prometheus there, under /metrics")
        .env("SNOWBALL_METRICS_ADDRESS")
        .argParser(parseAddress),
    )
    .addOption(
      new Option("--log-level <level>", "how much goes to the log, JSON Lines on stderr")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    )
    .addHelpText(
      "after",
      `
Takes work from the Temporal server that TEMPORAL_ADDRESS or a client profile names, or from the one of \`snowball up\`.

Examples:
  snowball worker
  snowball worker --roles score --devices 0 --no-control`,
    )
    .action(worker);
}

async function worker(options: WorkerOptions): Promise<void> {
  const server = resolveConnection(options.root);
  if (server === null) {
    throw new StepFailure(
      "BadInput",
      "No Temporal server to work for: set TEMPORAL_ADDRESS, or start one with `snowball up`.",
    );
  }
  // Asked by the client first: it says in a sentence what the worker's native part would say in a trace.
  await (await connectTo(server)).connection.close();
  const devices: DeviceSpec[] = await hostDevices(options.devices);
  const log = pino({ level: options.logLevel }, pino.destination({ dest: 2, sync: true }));
  const { root, roles, control, apiRate, allow, versioning, threads = threadsFor(devices), metricsAddress } = options;
  const signal = interrupted();
  // The SDK's native worker is loaded by this command alone: it would add a third of a second to each of the others.
  const { startHost } = await import("../temporal/worker.ts");
  const tracing = await startTracing("snowball-worker");
  const host = await startHost({
    root,
    server,
    roles,
    control,
    apiRate,
    allow,
    devices,
    threads,
    versioning,
    log,
    tracing: tracing?.worker,
    ...(metricsAddress !== undefined && { metricsAddress }),
  });
  log.info({ server: server.address, roles, devices: devices.map(({ kind, index }) => `${kind}:${index}`) }, "working");
  const stopped = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  const moved = serverMoved(root, server);
  const elsewhere = await Promise.race([stopped, host.ended, moved]);
  await host.stop();
  await tracing?.stop();
  if (elsewhere) {
    throw new StepFailure("Infrastructure", `The server of ${root} is at ${elsewhere} now; start this worker again.`);
  }
}

/** Resolves with the new address when the embedded server had to come back at another: at the old one may be anybody. */
async function serverMoved(root: string, { address, mark }: ServerAddress): Promise<string> {
  for (;;) {
    await sleep(MOVED_MS, undefined, { ref: false });
    const now = mark === undefined ? null : resolveConnection(root);
    if (now !== null && now.address !== address) return now.address;
  }
}

function threadsFor(devices: readonly DeviceSpec[]): number {
  if (devices.every((device) => device.kind === "cpu")) return CPU_THREADS;
  return Math.max(1, Math.min(MOST_GPU_THREADS, Math.floor(availableParallelism() / devices.length)));
}

function parseRoles(text: string): Role[] {
  return text.split(",").map((name) => {
    const role = ROLES.find((each) => each === name.trim());
    if (role === undefined)
      throw new InvalidArgumentError(`"${name.trim()}" is no role; they are ${ROLES.join(", ")}.`);
    return role;
  });
}

function parsePermissions(text: string): Permission[] {
  return text.split(",").map((name) => {
    if (Object.hasOwn(PERMISSIONS, name.trim())) return name.trim() as Permission;
    throw new InvalidArgumentError(`"${name.trim()}" is nothing to allow; there is ${permitted()}.`);
  });
}

function permitted(): string {
  return Object.entries(PERMISSIONS)
    .map(([name, what]) => `${name} (${what})`)
    .join(", ");
}

/** @throws for what the SDK would refuse in a trace, and for a host's name, which it does not look up */
function parseAddress(text: string): string {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(text) ?? [];
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) === 0 || Number(port) < 1 || Number(port) > 65_535) {
    throw new InvalidArgumentError("An IP address and a port are needed: 127.0.0.1:9464, 0.0.0.0:9464.");
  }
  return text;
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0)) throw new InvalidArgumentError("A number above 0 is needed.");
  return rate;
}

function parseThreads(text: string): number {
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1) throw new InvalidArgumentError("A whole number from 1 is needed.");
  return threads;
}
