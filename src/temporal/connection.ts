import { Client, Connection, type ConnectionOptions, isGrpcServiceError } from "@temporalio/client";
import { StepFailure } from "../failure.ts";
import { tracedClient } from "../tracing/span.ts";
import { isLoopback, loopback } from "./addresses.ts";
import { configuredServer } from "./configured.ts";
import { type EmbeddedServer, embeddedServer, stateFolderOf } from "./embedded.ts";

/** A Temporal server that can be connected to. */
export interface ServerAddress {
  readonly address: string;
  readonly namespace: string;
  /** For `Connection.connect` and `NativeConnection.connect`: address, TLS, API key. */
  readonly options: Pick<ConnectionOptions, "address" | "tls" | "apiKey" | "metadata">;
  /** The Web UI, where we know it: of the embedded server. */
  readonly ui: string | null;
  /** A namespace that only this server has, where it is known: of the embedded one. Whoever lacks it is another. */
  readonly mark?: string;
  /** Which process it is, where that is known: another life at the same address has to be asked for its mark again. */
  readonly life?: string;
}

export interface Connected extends ServerAddress {
  readonly client: Client;
  readonly connection: Connection;
  /**
   * Is the server there, and still the same one? Where it has moved, the connection moves with it. gRPC connects anew
   * by itself, to whoever has the port by then.
   * @param silent a call was not answered since
   */
  present(silent: boolean): Promise<boolean>;
}

/** A TLS handshake across the world takes one. */
const CONNECT_MS = 5_000;

/**
 * The server to use: the one that TEMPORAL_ADDRESS or a client profile names, with its namespace, else the embedded
 * server that runs on the root's state folder. Null when there is neither.
 */
export function resolveConnection(root: string): ServerAddress | null {
  const configured = configuredServer();
  if (configured !== null) return { ...configured, ui: null };
  const embedded = embeddedServer(stateFolderOf(root));
  return embedded === null ? null : addressOf(embedded);
}

function addressOf({ address, ui, mark, pid, started }: EmbeddedServer): ServerAddress {
  return { address, namespace: "default", options: { address }, ui, mark, life: `${pid} ${started}` };
}

/** Connects to the server of this root. Throws BadInput when there is none, or none that can be used. */
export async function connect(root: string): Promise<Connected> {
  const server = resolveConnection(root);
  if (server === null) {
    throw new StepFailure(
      "BadInput",
      "No Temporal server is running: start one with `snowball up`, or set TEMPORAL_ADDRESS.",
    );
  }
  return connectTo(server, () => resolveConnection(root));
}

/**
 * Connects to a server, and asks it for the namespace. Throws BadInput, with what to look at.
 * @param now where the server is after it was away; null while it is nowhere
 */
export async function connectTo(
  server: ServerAddress,
  now: () => ServerAddress | null = () => server,
): Promise<Connected> {
  let at = { server, ...(await open(server)) };
  return {
    get address() {
      return at.server.address;
    },
    get namespace() {
      return at.server.namespace;
    },
    get options() {
      return at.server.options;
    },
    get ui() {
      return at.server.ui;
    },
    get client() {
      return at.client;
    },
    get connection() {
      return at.connection;
    },
    async present(silent) {
      if (at.server.mark === undefined) return true;
      const place = now();
      if (place === null) return false;
      if (!silent && place.life === at.server.life) return true;
      try {
        if (place.address === at.server.address) {
          await askForNamespace(at.connection, place);
          at = { ...at, server: place };
        } else {
          const before = at.connection;
          at = { server: place, ...(await open(place)) };
          await before.close();
        }
        return true;
      } catch {
        // Not there yet, or another server in its place: asked again with the next call.
        return false;
      }
    },
  };
}

async function open(server: ServerAddress): Promise<{ connection: Connection; client: Client }> {
  const { address, namespace, options } = server;
  const direct = isLoopback(address) ? { ...options, ...loopback(address) } : options;
  const connection = await Connection.connect({ ...direct, connectTimeout: CONNECT_MS }).catch((cause: unknown) => {
    throw (
      refusal(cause, server) ??
      new StepFailure("BadInput", `The Temporal server at ${address} does not answer${how(options)}.`, { cause })
    );
  });
  try {
    await askForNamespace(connection, server);
  } catch (error) {
    await connection.close();
    throw refusal(error, server) ?? error;
  }
  return { connection, client: new Client({ connection, namespace, ...tracedClient() }) };
}

/** Every server has a namespace "default"; only its mark tells the embedded server of this root from that of another. */
async function askForNamespace(connection: Connection, { namespace, mark }: ServerAddress): Promise<void> {
  await connection.withDeadline(Date.now() + CONNECT_MS, () =>
    connection.workflowService.describeNamespace({ namespace: mark ?? namespace }),
  );
}

/** A server that wants TLS only hangs up on a client without it, and the other way round. */
function how({ tls }: ServerAddress["options"]): string {
  return tls
    ? " over TLS; look at TEMPORAL_ADDRESS and the TEMPORAL_TLS_* settings"
    : "; look at TEMPORAL_ADDRESS, and at TEMPORAL_TLS if it wants TLS";
}

/** gRPC's numbers. */
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

function refusal(error: unknown, { address, namespace, mark }: ServerAddress): StepFailure | undefined {
  if (!isGrpcServiceError(error)) return undefined;
  const code: number = error.code;
  switch (code) {
    case NOT_FOUND:
      return new StepFailure(
        "BadInput",
        mark === undefined
          ? `The Temporal server at ${address} knows no namespace "${namespace}"; set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${namespace}`
          : `The server of this root has ended, and another root's answers at ${address}; start it again with \`snowball up\`, or run the recipe again.`,
        { cause: error },
      );
    case UNAUTHENTICATED:
    case PERMISSION_DENIED:
      return new StepFailure(
        "BadInput",
        `The Temporal server at ${address} refuses these credentials for namespace "${namespace}"; look at TEMPORAL_API_KEY or the client certificate.`,
        { cause: error },
      );
    default:
      return undefined;
  }
}
