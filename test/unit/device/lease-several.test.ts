import { expect, test } from "vitest";
import { parseDevices } from "../../../src/device/devices.ts";
import { leaseSeveral } from "../../../src/device/lease-several.ts";
import { createDevicePool } from "../../../src/device/pool.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** Two pools, of one device and of two. */
function pools() {
  const lockFolder = temporaryFolder();
  return ["cpu:1", "cpu:2"].map((devices, place) =>
    createDevicePool({ devices: parseDevices(devices), threads: 1, lockFolder: `${lockFolder}/${place}` }),
  );
}

test("waits until all are there, and takes no device twice", async () => {
  const devices = pools();
  const other = await devices[1]!.lease("score", { signal: AbortSignal.timeout(1000) });
  const wanted = leaseSeveral(devices, "train", 3, { signal: AbortSignal.timeout(1000) });
  expect(await Promise.race([wanted, new Promise((resolve) => setTimeout(() => resolve("waits"), 20))])).toBe("waits");
  other.release();
  const leases = await wanted;
  expect(new Set(leases.map((each) => each.device.lock)).size).toBe(3);
  for (const each of leases) each.release();
  await expect(devices[1]!.lease("score", { signal: AbortSignal.timeout(1000) })).resolves.toBeDefined();
});

test("a wait that is cancelled gives back what it had", async () => {
  const devices = pools();
  const other = await devices[1]!.lease("score", { signal: AbortSignal.timeout(1000) });
  const stop = new AbortController();
  const wanted = leaseSeveral(devices, "train", 3, { signal: stop.signal });
  stop.abort(new Error("cancelled"));
  await expect(wanted).rejects.toThrow("cancelled");
  other.release();
  expect(await leaseSeveral(devices, "train", 3, { signal: AbortSignal.timeout(1000) })).toHaveLength(3);
});

test("more than there are is not waited for", async () => {
  await expect(leaseSeveral(pools(), "train", 4, { signal: AbortSignal.timeout(1000) })).rejects.toThrow(RangeError);
});
