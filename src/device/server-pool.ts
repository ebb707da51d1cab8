import type { Role } from "../contract/queues.ts";
import { StepFailure } from "../failure.ts";
import { Places } from "../process/places.ts";
import { leaseSeveral } from "./lease-several.ts";
import type { Device, DeviceLease, DevicePool } from "./pool.ts";

/** What the pool must know of a server. */
export interface Closable {
  readonly alive: boolean;
  /** Resolves when nothing of the server holds its device any more; must not reject. */
  close(): Promise<void>;
}

export interface UseOptions {
  readonly signal: AbortSignal;
  /** Called when the use has to wait for a device or a server, and again every few seconds while it does. */
  readonly onWaiting?: () => void;
  /** Who asks: runs do not replace each other's servers. */
  readonly run?: string;
  /** A run's servers of one family replace one another (the next policy the last); by default the role is the family. */
  readonly family?: string;
  /** Devices that a server of this key works on at once; 1 when absent. */
  readonly devices?: number;
}

export interface ServerPool<S extends Closable> {
  /** Runs `fn` alone on a server of this key, a warm one if there is. `start` begins when its devices are leased. */
  use<T>(
    key: string,
    role: Role,
    start: (devices: readonly Device[], signal: AbortSignal) => Promise<S>,
    fn: (server: S, devices: readonly Device[]) => Promise<T>,
    options: UseOptions,
  ): Promise<T>;
  /** Ends every server, also those that work; who waits is refused. */
  close(): Promise<void>;
}

/** A server with the leases that it keeps while it is warm. */
interface Hold<S> {
  readonly key: string;
  readonly role: Role;
  readonly leases: readonly DeviceLease[];
  readonly server: S;
  /** When the lease began, in ms of a clock that never jumps. */
  readonly since: number;
  /** Who used it last. */
  run: string;
  busy: boolean;
  /** When it last became idle, in ms of the same clock, and what then ends it. */
  rested: number;
  idle?: NodeJS.Timeout;
}

/** A use that waits: for a device of its own, or for a busy server of its key, whichever comes first. */
interface Want<S> {
  readonly key: string;
  readonly run: string;
  readonly take: (hold: Hold<S>) => void;
}

/** How long servers keep their devices, in ms. */
export interface HoldLimits {
  readonly idleMs: number;
  readonly maxHoldMs: number;
  readonly lingerMs: number;
  /** Where whoever wants several devices of the host at once waits for them, one at a time. */
  readonly several?: Places;
}

/**
 * Keeps model servers warm on their leased devices.
 *
 * A server goes on to the next use of its key while there is one, at most `maxHoldMs` if somebody else waits for a
 * device; an idle one makes room as soon as somebody waits, and ends by itself after `idleMs`. Where only other runs wait
 * to start a server for the same role, it first waits `lingerMs` for its own run's next chunk: two runs on one device
 * would else swap their models at every chunk.
 */
export function createServerPool<S extends Closable>(
  devices: DevicePool,
  { idleMs, maxHoldMs, lingerMs, several = new Places(1) }: HoldLimits,
): ServerPool<S> {
  const holds = new Set<Hold<S>>();
  const wants: Want<S>[] = [];
  /** The key asked for last, by run and family: a server that is nobody's latest any more ends as soon as it is idle. */
  const latest = new Map<string, string>();
  const starting = new Set<Promise<unknown>>();
  const ending = new Set<Promise<void>>();
  const closing = new AbortController();

  devices.onWaiter(makeRoom);

  /** Ends as many idle servers as there are waiters that no ending one will serve; the longest idle first. */
  function makeRoom(): void {
    for (const hold of holds) if (!hold.busy && unserved()) rest(hold);
  }

  function end(hold: Hold<S>): void {
    clearTimeout(hold.idle);
    holds.delete(hold);
    const ended = hold.server.close().finally(() => {
      ending.delete(ended);
      for (const lease of hold.leases) lease.release();
    });
    ending.add(ended);
  }

  /** Is somebody in line whom no ending server will serve? */
  const unserved = (): boolean => ending.size < devices.waiting().length;
  const superseded = (hold: Hold<S>): boolean => ![...latest.values()].includes(hold.key);
  const othersWait = (hold: Hold<S>): boolean =>
    devices.waiting().some((waiter) => waiter.tag !== hold.key) && unserved();
  const heldLong = (hold: Hold<S>): boolean => performance.now() - hold.since > maxHoldMs;
  const mustMakeRoom = (hold: Hold<S>): boolean => heldLong(hold) && othersWait(hold);
  /** Does nobody wait but other runs, each to start a server of its own for the same role? */
  const onlyRivalsWait = (hold: Hold<S>): boolean =>
    devices
      .waiting()
      .every(
        ({ role, tag }) =>
          tag === hold.key || (role === hold.role && wants.some((want) => want.key === tag && want.run !== hold.run)),
      );

  /** Passes a server on that has just done its work: to the next use of its key, to nobody, or out. */
  function passOn(hold: Hold<S>): void {
    hold.busy = false;
    if (!holds.has(hold)) return;
    if (!hold.server.alive || superseded(hold) || mustMakeRoom(hold)) return end(hold);
    const want = wants.find(({ key }) => key === hold.key);
    if (want) return give(hold, want);
    // Last in the set is last used, which is the order in which makeRoom looks.
    holds.delete(hold);
    holds.add(hold);
    hold.rested = performance.now();
    rest(hold);
  }

  /** Keeps an idle server for as long as it may stay now that these wait, or ends it. Asked again when that changes. */
  function rest(hold: Hold<S>): void {
    clearTimeout(hold.idle);
    const lingers = onlyRivalsWait(hold) && !heldLong(hold);
    const stays = othersWait(hold) ? (lingers ? lingerMs : 0) : idleMs;
    const left = hold.rested + stays - performance.now();
    if (left <= 0) return end(hold);
    hold.idle = setTimeout(() => rest(hold), left).unref();
  }

  function give(hold: Hold<S>, want: Want<S>): void {
    hold.busy = true;
    wants.splice(wants.indexOf(want), 1);
    want.take(hold);
  }

  /** A warm and idle server of this key. Idle servers that are dead, or that this one supersedes, end on the way. */
  function warm(key: string, lineage: string): Hold<S> | undefined {
    latest.set(lineage, key);
    let found: Hold<S> | undefined;
    for (const hold of holds) {
      if (hold.busy) continue;
      if (!hold.server.alive || superseded(hold) || (hold.key === key && mustMakeRoom(hold))) end(hold);
      else if (hold.key === key) found ??= hold;
    }
    return found;
  }

  async function startOn(
    leases: readonly DeviceLease[],
    { key, role, run }: { key: string; role: Role; run: string },
    start: (devices: readonly Device[]) => Promise<S>,
  ): Promise<Hold<S>> {
    const since = performance.now();
    // Wrapped, so that a start that throws at once gives the leases back too.
    const started = (async () => start(leases.map(({ device }) => device)))();
    starting.add(started);
    try {
      const hold = { key, role, run, leases, since, server: await started, busy: true, rested: since };
      holds.add(hold);
      return hold;
    } catch (error) {
      for (const lease of leases) lease.release();
      throw error;
    } finally {
      starting.delete(started);
    }
  }

  return {
    async use(key, role, start, fn, { signal: given, onWaiting, run = "", family = role, devices: count = 1 }) {
      const signal = AbortSignal.any([given, closing.signal]);
      signal.throwIfAborted();
      const hold = warm(key, JSON.stringify([run, family])) ?? (await wait());
      clearTimeout(hold.idle);
      hold.busy = true;
      hold.run = run;
      try {
        signal.throwIfAborted();
        return await fn(
          hold.server,
          hold.leases.map(({ device }) => device),
        );
      } finally {
        passOn(hold);
      }

      /** Whichever comes first: a device to start a server on, or a busy server of this key that becomes idle. */
      async function wait(): Promise<Hold<S>> {
        const served = new AbortController();
        let handed: Hold<S> | undefined;
        const want: Want<S> = {
          key,
          run,
          take: (free) => {
            handed = free;
            served.abort();
          },
        };
        wants.push(want);
        let leases: readonly DeviceLease[] | undefined;
        try {
          const either = AbortSignal.any([signal, served.signal]);
          const wanted = { signal: either, tag: key, ...(onWaiting && { onWaiting }) };
          leases =
            count === 1
              ? [await devices.lease(role, wanted)]
              : await several.in(either, () => leaseSeveral([devices], role, count, wanted));
        } catch (error) {
          if (!handed) throw error;
        } finally {
          if (wants.includes(want)) wants.splice(wants.indexOf(want), 1);
        }
        if (handed) {
          for (const lease of leases ?? []) lease.release(); // Both came in the same moment.
          return handed;
        }
        if (!leases) throw new TypeError("A wait ended with neither a lease nor a server.");
        return startOn(leases, { key, role, run }, (held) => start(held, signal));
      }
    },
    async close() {
      closing.abort(new StepFailure("Infrastructure", "The worker is ending, and its model servers with it."));
      for (const hold of holds) end(hold);
      await Promise.allSettled(starting);
      for (const hold of holds) end(hold);
      await Promise.all(ending);
    },
  };
}
