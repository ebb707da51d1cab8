import type { Role } from "../contract/queues.ts";
import type { DeviceLease, DevicePool, LeaseOptions } from "./pool.ts";

/**
 * Waits for several devices, first of the first pool, then of the others, and gives back what it has when the wait is
 * cancelled. Two such waits at once could each hold what the other lacks: the caller waits for one at a time.
 * @throws {RangeError} when all pools together have fewer devices
 */
export async function leaseSeveral(
  pools: readonly DevicePool[],
  role: Role,
  count: number,
  options: LeaseOptions,
): Promise<DeviceLease[]> {
  const places = pools.flatMap((pool) => Array.from({ length: pool.size }, () => pool)).slice(0, count);
  if (places.length < count) throw new RangeError(`${count} devices are asked of pools of ${places.length}`);
  const leases: DeviceLease[] = [];
  try {
    for (const pool of places) leases.push(await pool.lease(role, options));
    return leases;
  } catch (error) {
    for (const lease of leases) lease.release();
    throw error;
  }
}
