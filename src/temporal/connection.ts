import { Client, Connection, type ConnectionOptions, isGrpcServiceError } from "@temporalio/client";
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

/** Connects to the server of this root. Throws BadInput when there is none, or none that can be used. */
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

/** Connects to a server, and asks it for the namespace. Throws BadInput, with what to look at. */
export async function connectTo(server: ServerAddress): Promise<Connected> {
  const { address, namespace, options } = server;
  const connection = await Connection.connect({ ...options, connectTimeout: CONNECT_MS }).catch((cause: unknown) => {
    throw (
      refusal(cause, server) ??
      new StepFailure("BadInput", `The Temporal server at ${address} does not answer${how(options)}.`, { cause })
    );
  });
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    await connection.close();
    throw refusal(error, server) ?? error;
  }
  return { ...server, connection, client: new Client({ connection, namespace }) };
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

function refusal(error: unknown, { address, namespace }: ServerAddress): StepFailure | undefined {
  if (!isGrpcServiceError(error)) return undefined;
  const code: number = error.code;
  switch (code) {
    case NOT_FOUND:
      return new StepFailure(
        "BadInput",
        `The Temporal server at ${address} knows no namespace "${namespace}"; set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create -n ${namespace}`,
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
