import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DeviceSpec, parseDevices } from "./devices.ts";

/** CPU devices of a host without a GPU: one per role, so that chunks stream. */
const CPU_DEVICES = "cpu:4";
/** Milliseconds: the driver answers in a second, and in some more when it has to wake its GPUs. */
const DRIVER_MS = 15_000;

/** The devices that a worker of this host takes: those that SNOWBALL_DEVICES names, else all that are found. */
export async function hostDevices(named = process.env["SNOWBALL_DEVICES"]): Promise<DeviceSpec[]> {
  return named === undefined ? detectDevices() : parseDevices(named);
}

/**
 * The devices of this host: the GPUs that CUDA_VISIBLE_DEVICES leaves visible, else all that the driver lists; four CPU
 * devices where there are none. Indices count the visible ones from 0, as CUDA does.
 * @param ask how the driver is asked for its GPUs' indices, one a line; throws where there is no driver
 */
export async function detectDevices(
  env: Readonly<Record<string, string | undefined>> = process.env,
  ask: () => Promise<string> = driversIndices,
): Promise<DeviceSpec[]> {
  const count = visibleGpus(env)?.length ?? (await listed(ask));
  if (count === 0) return parseDevices(CPU_DEVICES);
  return Array.from({ length: count }, (_, index) => ({ kind: "cuda", index }));
}

/** What CUDA_VISIBLE_DEVICES names, indices or ids; undefined where it is not set. Nothing and "-1" show none. */
export function visibleGpus(env: Readonly<Record<string, string | undefined>>): string[] | undefined {
  const names = env["CUDA_VISIBLE_DEVICES"]?.split(",").map((name) => name.trim());
  // CUDA stops at the first that it does not know.
  const end = names?.findIndex((name) => name === "" || name.startsWith("-")) ?? -1;
  return end < 0 ? names : names!.slice(0, end);
}

async function listed(ask: () => Promise<string>): Promise<number> {
  const lines = await ask().catch(() => ""); // No driver is no GPU; `snowball doctor` says more.
  return lines.split("\n").filter((line) => /^\d+$/.test(line.trim())).length;
}

async function driversIndices(): Promise<string> {
  const query = ["--query-gpu=index", "--format=csv,noheader"];
  const { stdout } = await promisify(execFile)("nvidia-smi", query, { timeout: DRIVER_MS });
  return stdout;
}
