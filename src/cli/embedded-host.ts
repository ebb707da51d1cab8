import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DevServer, startDevServer } from "../temporal/dev-server.ts";
import { stateFolderOf } from "../temporal/embedded.ts";
import { type Guarded, startGuarded } from "../temporal/guard.ts";
import { type Supervised, supervise } from "./supervise.ts";

/** Longer than the worker's own limit, after which it leaves whatever still runs. */
const WORKER_GRACE_SECONDS = 40;

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

/** What `run` and `up` start, keep alive and stop again. */
export interface EmbeddedHost {
  readonly server: DevServer | null;
  stop(): Promise<void>;
  /** Rejects when server or worker keeps dying. */
  readonly hopeless: Promise<never>;
}

export interface HostOptions {
  readonly root: string;
  readonly say: (line: string) => void;
}

/** Supervises the embedded server, just started and not yet supervised, and a worker beside it. */
export async function hostServerAndWorker(first: DevServer, options: HostOptions): Promise<EmbeddedHost> {
  const stateFolder = stateFolderOf(options.root);
  const server = await supervise<DevServer>({
    name: "Temporal server",
    // On the same ports, so that workers, clients and open browser tabs find it again.
    start: async (previous) => (previous === null ? first : startDevServer({ stateFolder, ports: portsOf(previous) })),
    say: options.say,
    logFile: join(stateFolder, "temporal.log"),
  });
  const worker = await superviseWorker(options);
  return {
    server: first,
    hopeless: Promise.race([server.hopeless, worker.hopeless]),
    stop: async () => {
      // The worker first: it tells the server what it lets go.
      await worker.stop();
      await server.stop();
    },
  };
}

/** Supervises a worker alone, for a server that someone else runs. */
export async function hostWorker(options: HostOptions): Promise<EmbeddedHost> {
  const worker = await superviseWorker(options);
  return { server: null, hopeless: worker.hopeless, stop: () => worker.stop() };
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

function portsOf({ address, ui }: DevServer): { grpc: number; ui: number } {
  return { grpc: Number(address.split(":").at(-1)), ui: Number(new URL(ui).port) };
}
