import type { Device } from "../device/pool.ts";

/** What a runner is told of its devices: the first, and where it has several, all with their locks. */
export function computeOf(devices: readonly Device[]): object {
  const { name, threads, lock } = devices[0]!;
  const several = { devices: devices.map((each) => each.name), locks: devices.map((each) => each.lock) };
  return { device: name, threads, lock, ...(devices.length > 1 && several) };
}
