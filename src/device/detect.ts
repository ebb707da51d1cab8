import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DeviceSpec, parseDevices } from "./devices.ts";

/** CPU devices of a host without a GPU: one per role, so that chunks stream. */
const CPU_DEVICES = "cpu:4";
/** Milliseconds: the driver answers in a second, and in some more when it has to wake its GPUs. */
const DRIVER_MS = 15_000;

/**
 * The devices of this host: the GPUs that CUDA_VISIBLE_DEVICES leaves visible, else all that the driver lists; four CPU
 * devices where there are none.
 * @param ask how the driver is asked for its GPUs' indices, one a line; throws where there is no driver
 */
export async function detectDevices(
  env: Readonly<Record<string, string | undefined>> = process.env,
  ask: () => Promise<string> = driversIndices,
): Promise<DeviceSpec[]> {
  const visible = env["CUDA_VISIBLE_DEVICES"];
  // An empty list and a negative index are how CUDA is told to show none.
  if (visible !== undefined && /^\s*(?:-1)?\s*$/.test(visible)) return parseDevices(CPU_DEVICES);
  if (visible !== undefined) return parseDevices(visible);
  const listed = await ask().catch(() => ""); // No driver is no GPU; `snowball doctor` says more.
  const indices = listed.split("\n").flatMap((line) => (/^\d+$/.test(line.trim()) ? [line.trim()] : []));
  return parseDevices(indices.length > 0 ? indices.join(",") : CPU_DEVICES);
}

async function driversIndices(): Promise<string> {
  const query = ["--query-gpu=index", "--format=csv,noheader"];
  const { stdout } = await promisify(execFile)("nvidia-smi", query, { timeout: DRIVER_MS });
  return stdout;
}
