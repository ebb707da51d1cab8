import { setTimeout as wait } from "node:timers/promises";

/** Keeps the peace with every host: a few addresses at once, and none while it asked for a rest. */
export interface Hosts {
  /** Works on an address of a host when it is its turn. */
  run<T>(host: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  /** Nothing of this host is asked for in the next ms. */
  rest(host: string, ms: number): void;
  /** Notes that an address of the host was given up because it said nothing, or that it said something. */
  heard(host: string, something: boolean): void;
  /** At how many addresses in a row it said nothing. */
  silence(host: string): number;
}

interface Host {
  running: number;
  /** In ms since the epoch. */
  notBefore: number;
  readonly waiting: (() => void)[];
  silent: number;
}

/** @param perHost addresses of one host at once */
export function createHosts(perHost: number): Hosts {
  const hosts = new Map<string, Host>();
  const hostOf = (name: string): Host => {
    const known = hosts.get(name) ?? { running: 0, notBefore: 0, waiting: [], silent: 0 };
    hosts.set(name, known);
    return known;
  };
  return {
    async run(name, signal, work) {
      const host = hostOf(name);
      // Woken one by one, and each looks again: another may have come in between.
      while (host.running >= perHost) await new Promise<void>((resolve) => host.waiting.push(resolve));
      host.running++;
      try {
        for (let ms = host.notBefore - Date.now(); ms > 0; ms = host.notBefore - Date.now()) {
          await pause(ms, signal);
        }
        return await work();
      } finally {
        host.running--;
        host.waiting.shift()?.();
      }
    },
    rest(name, ms) {
      const host = hostOf(name);
      host.notBefore = Math.max(host.notBefore, Date.now() + ms);
    },
    heard(name, something) {
      const host = hostOf(name);
      host.silent = something ? 0 : host.silent + 1;
    },
    silence: (name) => hostOf(name).silent,
  };
}

/** Waits; what is thrown when it is stopped is the signal's own reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
