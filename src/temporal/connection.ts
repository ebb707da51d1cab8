import { Client, Connection, type ConnectionOptions } from "@temporalio/client";
import { StepFailure } from "../failure.ts";
import { configuredServer } from "./configured.ts";
import { embeddedServer, stateFolderOf } from "./embedded.ts";

/** A Temporal server that can be connected to. */
export interface ServerAddress {
  readonly address: string;
  readonly namespace: string;
  /** For `Connection.connect` and `NativeConnection.connect`: address, TLS, API key. */
  readonly options: Pick<ConnectionOptions, "address" | "tls" | "apiKey" | "metadata">;
  /** The Web UI, where we know it: of the embedded server. */
  readonly ui: string | null;
}

export interface Connected extends ServerAddress {
  readonly client: Client;
  readonly connection: Connection;
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
  if (embedded === null) return null;
  const { address, ui } = embedded;
  return { address, namespace: "default", options: { address }, ui };
}

/** Connects to the server of this root. Throws BadInput when there is none, Infrastructure when it does not answer. */
export async function connect(root: string): Promise<Connected> {
  const server = resolveConnection(root);
  if (server === null) {
    throw new StepFailure(
      "BadInput",
      "No Temporal server is running: start one with `snowball up`, or set TEMPORAL_ADDRESS.",
    );
  }
  return connectTo(server);
}

export async function connectTo(server: ServerAddress): Promise<Connected> {
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...server.options, connectTimeout: CONNECT_MS });
  } catch (error) {
    throw new StepFailure("Infrastructure", `The Temporal server at ${server.address} does not answer.`, {
      cause: error,
    });
  }
  return { ...server, connection, client: new Client({ connection, namespace: server.namespace }) };
}
