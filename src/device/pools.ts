import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Role } from "../contract/queues.ts";
import { visibleGpus } from "./detect.ts";
import type { DeviceSpec } from "./devices.ts";
import { createDevicePool, type DevicePool } from "./pool.ts";

export interface DevicePools {
  of(role: Role): DevicePool;
  /** Each pool once. */
  readonly all: readonly DevicePool[];
}

/**
 * Gives every role its own devices where there are enough of them, and lets all roles share one pool where there are
 * not. Without this, the first role to be busy would start a second server on a device that another role needs.
 */
export function createPools(options: {
  readonly devices: readonly DeviceSpec[];
  readonly roles: readonly Role[];
  readonly threads: number;
  /** What belongs to this root on this host. */
  readonly stateFolder: string;
}): DevicePools {
  const { devices, roles, threads } = options;
  const visible = visibleGpus(process.env);
  const lockFolder = lockFolderOf(devices, options.stateFolder);
  mkdirSync(lockFolder, { recursive: true });
  const poolOf = (some: readonly DeviceSpec[]): DevicePool =>
    createDevicePool({ devices: some, threads, lockFolder, visible });
  if (devices.length < roles.length) {
    const shared = poolOf(devices);
    return { of: () => shared, all: [shared] };
  }
  const own = new Map(
    roles.map((role, place) => [role, poolOf(devices.filter((_, index) => index % roles.length === place))]),
  );
  return {
    of(role) {
      const pool = own.get(role);
      if (!pool) throw new RangeError(`This host does not play the role "${role}".`);
      return pool;
    },
    all: [...own.values()],
  };
}

/** A GPU is one for all workers of the host, whatever their roots; a CPU device is only a share of this root's threads. */
function lockFolderOf(devices: readonly DeviceSpec[], stateFolder: string): string {
  return devices.some((device) => device.kind === "cuda")
    ? join(tmpdir(), "snowball-locks")
    : join(stateFolder, "locks");
}
