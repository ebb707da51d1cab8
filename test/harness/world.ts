import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client, Connection } from "@temporalio/client";
import pino from "pino";
import { parse } from "yaml";
import { ROLES } from "../../src/contract/queues.ts";
import { parseDevices } from "../../src/device/devices.ts";
import type { Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { type DevServer, startDevServer } from "../../src/temporal/dev-server.ts";
import { type Host, type HostOptions, startHost } from "../../src/temporal/worker.ts";
import { parsed } from "../support/recipe.ts";

export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** A change to a recipe, as deep as wanted. */
export type Change<T> = { [K in keyof T]?: T[K] extends object | undefined ? Change<NonNullable<T[K]>> : T[K] };

/** The shipped simulated recipe without its latencies and faults, changed as a test wants it. */
export function simulatedRecipe(name: string, change: Change<Recipe> = {}): Recipe {
  const shipped = parse(readFileSync(join(PROJECT, "configs/snowball.simulated.yaml"), "utf8")) as Record<
    string,
    unknown
  >;
  const quick = { name, simulate: { latency_ms: {}, faults: {} }, retries: { heartbeat_timeout_s: 2 } };
  return parsed(merge(merge({ ...shipped, simulate: undefined }, quick), change));
}

function merge(base: Record<string, unknown>, change: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const old = result[key];
    result[key] = isPlain(old) && isPlain(value) ? merge(old, value) : value;
  }
  return result;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A new root with the shipped configurations and sample data in it. */
export function newRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "snowball-"));
  cpSync(join(PROJECT, "configs"), join(root, "configs"), { recursive: true });
  return root;
}

/** A real Temporal server of a test's own, with its database in a root's state folder. */
export async function startServer(
  root: string,
): Promise<{ server: DevServer; client: Client; close(): Promise<void> }> {
  const server = await startDevServer({ stateFolder: join(root, ".snowball") });
  const connection = await Connection.connect({ address: server.address });
  return {
    server,
    client: new Client({ connection }),
    async close() {
      await connection.close();
      await server.stop();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A worker in this process: for all roles and four CPU devices, unless told otherwise. */
export function startWorker(root: string, address: string, change: Partial<HostOptions> = {}): Promise<Host> {
  return startHost({
    root,
    server: { address, namespace: "default", options: { address }, ui: null },
    roles: ROLES,
    control: true,
    devices: parseDevices("cpu:4"),
    threads: 1,
    apiRate: 100,
    allow: ["rewards"],
    log: pino({ level: process.env["LOG_LEVEL"] ?? "silent" }),
    ...change,
  });
}
