import { join } from "node:path";
import type { Role } from "../contract/queues.ts";
import type { DeviceSpec } from "./devices.ts";

export interface Device extends DeviceSpec {
  /** As PyTorch calls it: "cpu", "cuda:1". Several CPU devices share the name "cpu". */
  readonly name: string;
  /** CPU threads of the child that uses it. */
  readonly threads: number;
  /** The file that the child flocks for as long as it lives. */
  readonly lock: string;
}

export interface DeviceLease {
  readonly device: Device;
  /** Gives the device to the next in line. A second call does nothing. */
  release(): void;
}

export interface LeaseOptions {
  readonly signal: AbortSignal;
  /** Called when the lease has to wait, and again every few seconds while it does. */
  readonly onWaiting?: () => void;
  /** Tells waiters apart that want the same thing; a warm server serves its own first. */
  readonly tag?: string;
}

export interface Waiter {
  readonly role: Role;
  readonly tag: string | undefined;
}

export interface DevicePool {
  readonly size: number;
  /** Waits in line for a device; leaves the line at once, with the signal's reason, when the signal fires. */
  lease(role: Role, options: LeaseOptions): Promise<DeviceLease>;
  /** Who waits, first come first. */
  waiting(): readonly Waiter[];
  /** Calls back whenever someone joins the line. */
  onWaiter(listener: () => void): void;
}

/** How often a waiting lease says so, in ms: well within the shortest sensible heartbeat limit. */
const WAITING_EVERY_MS = 5000;

interface InLine extends Waiter {
  readonly grant: (device: Device) => void;
}

/** This process's devices, leased one at a time, first come first served whatever the role. */
export function createDevicePool(options: {
  readonly devices: readonly DeviceSpec[];
  /** CPU threads per device; fixed, because results on the CPU depend on it. */
  readonly threads: number;
  /** On a disk of this host, and the same for all workers on it. */
  readonly lockFolder: string;
  readonly waitingEveryMs?: number;
  /** The GPUs behind the indices, where CUDA_VISIBLE_DEVICES names some: workers that see others must lock others. */
  readonly visible?: readonly string[] | undefined;
}): DevicePool {
  const { visible } = options;
  const free: Device[] = options.devices.map((spec) => ({
    ...spec,
    name: spec.kind === "cpu" ? "cpu" : `cuda:${spec.index}`,
    threads: options.threads,
    lock: join(
      options.lockFolder,
      `${spec.kind}-${(spec.kind === "cuda" && visible?.[spec.index]) || spec.index}.lock`,
    ),
  }));
  const line: InLine[] = [];
  const listeners: (() => void)[] = [];

  function giveBack(device: Device): void {
    const next = line.shift();
    if (next) next.grant(device);
    else free.push(device);
  }

  function leaseOf(device: Device): DeviceLease {
    let held = true;
    return {
      device,
      release() {
        if (!held) return;
        held = false;
        giveBack(device);
      },
    };
  }

  async function queueUp(role: Role, { signal, onWaiting, tag }: LeaseOptions): Promise<DeviceLease> {
    const { promise, resolve, reject } = Promise.withResolvers<Device>();
    const inLine: InLine = { role, tag, grant: resolve };
    const leave = (): void => {
      const at = line.indexOf(inLine);
      if (at < 0) return; // Granted in this very moment: given back below.
      line.splice(at, 1);
      reject(signal.reason as Error);
    };
    line.push(inLine);
    signal.addEventListener("abort", leave);
    const beat = setInterval(() => onWaiting?.(), options.waitingEveryMs ?? WAITING_EVERY_MS);
    try {
      onWaiting?.();
      for (const listener of listeners) listener();
      const device = await promise;
      if (signal.aborted) giveBack(device);
      signal.throwIfAborted();
      return leaseOf(device);
    } finally {
      clearInterval(beat);
      signal.removeEventListener("abort", leave);
    }
  }

  return {
    size: options.devices.length,
    async lease(role, wanted) {
      wanted.signal.throwIfAborted();
      const device = free.shift();
      return device ? leaseOf(device) : queueUp(role, wanted);
    },
    waiting: () => line,
    onWaiter: (listener) => void listeners.push(listener),
  };
}
