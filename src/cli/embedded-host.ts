import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FileLock, tryLock, waitFor } from "../process/file-lock.ts";
import { type DevServer, type Ports, portsOf, startOnSeat, takeSeat } from "../temporal/dev-server.ts";
import { type EmbeddedServer, stateFolderOf } from "../temporal/embedded.ts";
import { type Guarded, startGuarded } from "../temporal/guard.ts";
import { holderOf, type SeatOptions, trySeat } from "../temporal/seat.ts";
import { type Supervised, supervise } from "./supervise.ts";

/** Longer than the worker's own limit, after which it leaves whatever still runs. */
const WORKER_GRACE_SECONDS = 40;

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** What `run` and `up` start, keep alive and stop again. */
export interface EmbeddedHost {
  /** Do the server and the worker belong to this command? It may become so while it runs. */
  readonly own: boolean;
  /** Does another command wait to take the server over? */
  inherited(): boolean;
  stop(): Promise<void>;
  /** Rejects when server or worker keeps dying. */
  readonly hopeless: Promise<never>;
}

export interface HostOptions {
  readonly root: string;
  /** What the command is called where others wait for it: "snowball run my.yaml". */
  readonly command: string;
  readonly say: (line: string) => void;
  /** Ends a wait for the server of another command. */
  readonly signal?: AbortSignal;
}

/**
 * Runs the server of this root and a worker for it; or, where another command does so already, uses its server and
 * takes its place when it ends. `snowball up` has no heir: who stops it means to stop the server.
 */
export async function hostOrBorrow(options: HostOptions): Promise<EmbeddedHost> {
  const seat = await takeSeat(seatOptions(options, false));
  return "release" in seat ? hostServerAndWorker(seat, options) : borrow(seat, options);
}

export function seatOptions({ root, command, say, signal }: HostOptions, lasting: boolean): SeatOptions {
  return { stateFolder: stateFolderOf(root), holder: { command, lasting }, say, signal };
}

/** Supervises the embedded server and a worker beside it; lets the seat go when both have stopped. */
export async function hostServerAndWorker(seat: FileLock, options: HostOptions, ports?: Ports): Promise<EmbeddedHost> {
  const stateFolder = stateFolderOf(options.root);
  let server: Supervised | undefined;
  try {
    server = await supervise<DevServer>({
      name: "Temporal server",
      // On the same ports, so that workers, clients and open browser tabs find it again.
      start: (previous) => startOnSeat({ stateFolder, ports: previous === null ? ports : portsOf(previous) }),
      say: options.say,
      logFile: join(stateFolder, "temporal.log"),
    });
    const worker = await superviseWorker(options);
    const supervised = server;
    return {
      own: true,
      inherited: () => heirWaits(stateFolder),
      hopeless: Promise.race([server.hopeless, worker.hopeless]),
      stop: async () => {
        // The worker first: it tells the server what it lets go.
        await worker.stop();
        await supervised.stop();
        seat.release();
      },
    };
  } catch (error) {
    await server?.stop();
    seat.release();
    throw error;
  }
}

/** Supervises a worker alone, for a server that someone else runs. */
export async function hostWorker(options: HostOptions): Promise<EmbeddedHost> {
  const worker = await superviseWorker(options);
  return { own: true, inherited: () => false, hopeless: worker.hopeless, stop: () => worker.stop() };
}

/** Uses the server of another command until that ends, and then runs it on the same ports. */
function borrow(running: EmbeddedServer, options: HostOptions): EmbeddedHost {
  const leaving = new AbortController();
  let own = false;
  let hosting: Promise<EmbeddedHost> | null = null;
  const inheriting = (async (): Promise<never> => {
    const seat = await inheritSeat(options, leaving.signal);
    own = true;
    options.say("The command that ran the server has ended; this one runs it from here on, with a worker.");
    hosting = hostServerAndWorker(seat, options, portsOf(running));
    return (await hosting).hopeless;
  })();
  const hopeless = inheriting.catch((error: unknown) => {
    // It gave up waiting because it was told to.
    if (leaving.signal.aborted) return new Promise<never>(() => {});
    throw error;
  });
  hopeless.catch(() => {});
  return {
    get own() {
      return own;
    },
    inherited: () => own && heirWaits(stateFolderOf(options.root)),
    hopeless,
    stop: async () => {
      leaving.abort();
      // What did not start says so through `hopeless`, and has stopped itself.
      const host = await hosting?.catch(() => null);
      await host?.stop();
    },
  };
}

/** One heir at a time waits for the seat; the others wait to be the heir. */
async function inheritSeat(options: HostOptions, signal: AbortSignal): Promise<FileLock> {
  const stateFolder = stateFolderOf(options.root);
  const seat = seatOptions(options, false);
  const heir = await waitFor(() => tryLock(heirLock(stateFolder)), { signal });
  try {
    const taken = await waitFor(() => (holderOf(stateFolder)?.lasting ? null : trySeat(seat)), { signal });
    if (!signal.aborted) return taken;
    taken.release();
    throw signal.reason;
  } finally {
    heir.release();
  }
}

function heirWaits(stateFolder: string): boolean {
  const free = tryLock(heirLock(stateFolder));
  free?.release();
  return free === null;
}

function heirLock(stateFolder: string): string {
  return join(stateFolder, "heir.lock");
}

function superviseWorker({ root, say }: HostOptions): Promise<Supervised> {
  const logFile = join(stateFolderOf(root), "worker.log");
  return supervise<Guarded>({
    name: "worker",
    start: () =>
      startGuarded({
        command: process.execPath,
        args: [...process.execArgv, MAIN, "worker", "--root", root],
        cwd: root,
        logFile,
        graceSeconds: WORKER_GRACE_SECONDS,
      }),
    say,
    logFile,
  });
}
