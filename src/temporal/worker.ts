import { hostname } from "node:os";
import { join, resolve } from "node:path";
import {
  DefaultLogger,
  NativeConnection,
  type NativeConnectionOptions,
  Runtime,
  Worker,
  type WorkerOptions,
} from "@temporalio/worker";
import type { Logger } from "pino";
import { ownStore } from "../../activities/own-store.ts";
import type { ActivityDeps } from "../../activities/deps.ts";
import { activitiesOf } from "../../activities/index.ts";
import { createLocalStore, type LocalStoreOptions } from "../artifact/local-store.ts";
import { storeId } from "../artifact/store-id.ts";
import type { StoreName } from "../contract/run.ts";
import type { Permission } from "../contract/permissions.ts";
import { API_QUEUE, CONTROL_QUEUE, queueOf, type Role } from "../contract/queues.ts";
import type { WorkerTracing } from "../tracing/otel.ts";
import type { DeviceSpec } from "../device/devices.ts";
import { createPools } from "../device/pools.ts";
import { projectRunners } from "../model/python.ts";
import { createModels } from "../model/serve.ts";
import type { ServerAddress } from "./connection.ts";
import { stateFolderOf } from "./embedded.ts";
import { registerSearchAttributes } from "./search-attributes.ts";
import { type Workflows, workflowBundle } from "./bundle.ts";
import { deploymentOptions, makeCurrent, makeNoneCurrent, type Versioning } from "./deployment.ts";

/** How long running steps may finish after a stop is asked for: a chunk's request, not a training. */
const SHUTDOWN_GRACE = "10s";
/** After this the worker leaves, whatever still runs; the steps are retried elsewhere. */
const SHUTDOWN_FORCE = "30s";
/** How often a worker says that it is there, to a server that keeps it. */
const WORKER_HEARTBEAT = "20s";
/** A workflow's next task goes to the worker that has it in memory; if that one is dead, to any other after this. */
const STICKY_TIMEOUT = "2s";
/** Requests to services outside that wait for their answers at once. */
const API_SLOTS = 16;
/** Requests a second, of all hosts together, where nobody says otherwise. */
export const API_RATE = 5;
/** Control steps read and write files; a few at once keep the disk busy. */
const CONTROL_SLOTS = 8;

export interface HostOptions {
  /** Folder that the recipes' paths start from. */
  readonly root: string;
  readonly server: ServerAddress;
  readonly roles: readonly Role[];
  /** Does this host take workflow tasks and control steps? GPU hosts may leave them to others. */
  readonly control: boolean;
  readonly devices: readonly DeviceSpec[];
  /** CPU threads of a model process. */
  readonly threads: number;
  /** Requests a second to services outside. The limit is the queue's, for all hosts: the worker that came last sets it. */
  readonly apiRate?: number | undefined;
  /** What recipes may ask of this host beside its steps; nothing when absent. */
  readonly allow?: readonly Permission[];
  readonly log: Logger;
  /** Where metrics are served for Prometheus: "127.0.0.1:9464". Nowhere when absent. */
  readonly metricsAddress?: string;
  readonly storeOptions?: LocalStoreOptions;
  /** Whether runs stay with the version of the workflows that they were begun under; auto by default. */
  readonly versioning?: Versioning;
  /** Traces workflows and steps; nothing is traced when absent. */
  readonly tracing?: WorkerTracing | undefined;
  /** Other workflows than this clone's: the seam at which tests upgrade a worker. */
  readonly workflows?: Workflows;
}

export interface Host {
  /** Resolves when every worker has stopped. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/**
 * The SDK's own messages, in our log and at our level, and its metrics with those of the steps: it installs its runtime
 * once per process.
 */
function installRuntime({ log, metricsAddress }: Pick<HostOptions, "log" | "metricsAddress">): void {
  if (installed) return;
  installed = true;
  const levels = { TRACE: "trace", DEBUG: "debug", INFO: "debug", WARN: "warn", ERROR: "error" } as const;
  Runtime.install({
    workerHeartbeatInterval: WORKER_HEARTBEAT,
    logger: new DefaultLogger("INFO", ({ level, message, meta }) => log[levels[level]]({ ...meta }, message)),
    // The native part writes coloured lines to stderr of its own accord unless its messages are forwarded.
    telemetryOptions: {
      logging: { filter: { core: "WARN", other: "WARN" }, forward: {} },
      ...(metricsAddress !== undefined && {
        metrics: {
          prometheus: { bindAddress: metricsAddress, countersTotalSuffix: true, useSecondsForDurations: true },
        },
      }),
    },
  });
}
let installed = false;

/** One worker process: a Temporal worker per role's queue, and one for workflows and control steps. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { server, log } = options;
  installRuntime(options);
  const connection = await NativeConnection.connect(nativeOptions(server.options));
  const { devices, roles, threads, tracing } = options;
  const stateFolder = stateFolderOf(resolve(options.root));
  const pools = createPools({ devices, roles, threads, stateFolder });
  const models = createModels(pools, projectRunners(), log);
  const deps = await openDeps(options, models, connection);
  const base = {
    connection,
    namespace: server.namespace,
    shutdownGraceTime: SHUTDOWN_GRACE,
    shutdownForceTime: SHUTDOWN_FORCE,
    interceptors: { activity: [...(tracing ? [tracing.activity] : []), ownStore(await storeName(options))] },
  };
  const workers: Worker[] = [];
  const leaving = new AbortController();
  let current: (() => Promise<void>) | undefined;
  if (options.control) {
    const { versioning = "auto", workflows } = options;
    const { codePath, version } =
      workflows ?? (await workflowBundle(join(stateFolder, "workflows"), tracing?.workflowModule));
    const deployed = { connection, namespace: server.namespace, version, log };
    const workerDeploymentOptions = versioning === "off" ? undefined : await deploymentOptions(deployed);
    workers.push(
      await Worker.create({
        ...base,
        // Only here: a step of a queue whose workers have no version is given to any of them, whatever the run's is.
        ...(workerDeploymentOptions && { workerDeploymentOptions }),
        taskQueue: CONTROL_QUEUE,
        workflowBundle: { codePath },
        ...(tracing && { sinks: tracing.sinks }),
        activities: activitiesOf("control", deps),
        maxConcurrentActivityTaskExecutions: CONTROL_SLOTS,
        stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
      }),
    );
    if (versioning === "off") current = () => makeNoneCurrent(deployed);
    else if (workerDeploymentOptions && versioning === "auto") current = () => makeCurrent(deployed, leaving.signal);
  }
  if (options.control) {
    workers.push(
      await Worker.create({
        ...base,
        taskQueue: API_QUEUE,
        activities: activitiesOf("api", deps),
        maxConcurrentActivityTaskExecutions: API_SLOTS,
        maxTaskQueueActivitiesPerSecond: options.apiRate ?? API_RATE,
      }),
    );
  }
  for (const role of options.roles)
    workers.push(await Worker.create({ ...base, ...roleOptions(role, deps, pools.of(role).size) }));
  const ended = runAll(workers, current, async () => {
    leaving.abort();
    await models.close();
    await connection.close();
  });
  return {
    ended,
    async stop() {
      leaving.abort();
      for (const worker of workers) if (worker.getState() === "RUNNING") worker.shutdown();
      await ended;
    },
  };
}

/** The client's connection options as the worker's native connection takes them: the same names, stricter types. */
function nativeOptions({ address, tls, apiKey, metadata }: ServerAddress["options"]): NativeConnectionOptions {
  const texts = Object.entries(metadata ?? {}).map(([name, value]) => [name, String(value)] as const);
  return {
    ...(address !== undefined && { address }),
    ...(tls !== undefined && { tls }),
    ...(typeof apiKey === "string" && { apiKey }),
    metadata: Object.fromEntries(texts),
  };
}

/** Runs the workers, and what they do first, until all have stopped, however they end, and then lets go of what they shared. */
async function runAll(
  workers: readonly Worker[],
  first: (() => Promise<void>) | undefined,
  letGo: () => Promise<void>,
): Promise<void> {
  try {
    await Promise.all([...workers.map((worker) => worker.run()), first?.()]);
  } finally {
    await letGo();
  }
}

function roleOptions(role: Role, deps: ActivityDeps, devices: number): WorkerOptions {
  return {
    taskQueue: queueOf(role),
    activities: activitiesOf(role, deps),
    // One more than devices, so that the next chunk is already at hand when a device falls free. A training holds its
    // device for hours: there a waiting task is better left to another host.
    maxConcurrentActivityTaskExecutions: role === "train" ? 1 : devices + 1,
  };
}

/** The store of this worker, by which runs tell it from another's. */
async function storeName({ root }: HostOptions): Promise<StoreName> {
  const path = storeFolderOf(resolve(root));
  return { id: await storeId(path), path, host: hostname() };
}

function storeFolderOf(root: string): string {
  return join(stateFolderOf(root), "store");
}

async function openDeps(
  options: HostOptions,
  models: ActivityDeps["models"],
  connection: NativeConnection,
): Promise<ActivityDeps> {
  const root = resolve(options.root);
  const state = stateFolderOf(root);
  return {
    root,
    results: "results",
    state,
    store: createLocalStore(storeFolderOf(root), options.storeOptions ?? {}),
    models,
    allowed: options.allow ?? [],
    searchAttributes: await registerSearchAttributes(connection, options.server.namespace, options.log),
    log: options.log,
  };
}
