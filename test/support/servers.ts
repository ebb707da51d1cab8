import { createDevicePool, type Device, type DevicePool } from "../../src/device/pool.ts";
import { parseDevices } from "../../src/device/devices.ts";
import type { Closable } from "../../src/device/server-pool.ts";

export function poolOf(devices: string, waitingEveryMs = 5000): DevicePool {
  return createDevicePool({ devices: parseDevices(devices), threads: 1, lockFolder: "/locks", waitingEveryMs });
}

/** Model servers without models, and a diary of what became of them. */
export function diary(): {
  entries: string[];
  starter: (name: string) => (devices: readonly Device[]) => Promise<FakeServer>;
} {
  const entries: string[] = [];
  return {
    entries,
    starter: (name) => (devices) => {
      entries.push(`start ${name} on ${devices.map(({ kind, index }) => `${kind}:${index}`).join(" and ")}`);
      return Promise.resolve(new FakeServer(name, entries));
    },
  };
}

export class FakeServer implements Closable {
  alive = true;
  readonly name: string;
  readonly #entries: string[];

  constructor(name: string, entries: string[]) {
    this.name = name;
    this.#entries = entries;
  }

  async close(): Promise<void> {
    this.alive = false;
    // Real ones take their time: nobody may be given the device meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.#entries.push(`closed ${this.name}`);
  }
}
