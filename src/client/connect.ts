import type { ConnectionOptions } from "@temporalio/client";
import { type Connected, connect, connectTo, resolveConnection, type ServerAddress } from "../temporal/connection.ts";

/** A connection to the Temporal server that runs live on; every function of this package takes one. */
export interface SnowballClient extends Connected {
  close(): Promise<void>;
  /** So that `await using` closes it. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ConnectOptions {
  /**
   * Folder whose `snowball up` is used where TEMPORAL_ADDRESS and the client profile name no server; by default
   * SNOWBALL_ROOT, else the working folder.
   */
  readonly root?: string;
  /** host:port. With it nothing is read from TEMPORAL_* or a profile, so that no key goes to a server it is not for. */
  readonly address?: string;
  readonly namespace?: string;
  /** true, or certificates. On by itself where there is an API key. */
  readonly tls?: NonNullable<ConnectionOptions["tls"]>;
  readonly apiKey?: string;
}

/**
 * Connects to the server of `address`; without it to the one that the commands use: TEMPORAL_ADDRESS or a client
 * profile, else the `snowball up` of the root. Other options replace the setting of the same name.
 * @throws {StepFailure} BadInput when there is no server, or it does not answer
 */
export async function connectSnowball(options: ConnectOptions = {}): Promise<SnowballClient> {
  const root = options.root ?? process.env["SNOWBALL_ROOT"] ?? process.cwd();
  const found = options.address === undefined ? resolveConnection(root) : named(options.address);
  // With nothing found, connect() says what to do about it.
  const now = () => {
    const place = resolveConnection(root);
    return place === null ? null : changed(place, options);
  };
  const connected =
    found === null
      ? await connect(root)
      : await connectTo(changed(found, options), options.address === undefined ? now : undefined);
  const close = () => connected.connection.close();
  // Onto the same object: what it says of the connection changes when the server moves.
  return Object.assign(connected, { close, [Symbol.asyncDispose]: close });
}

function named(address: string): ServerAddress {
  return { address, namespace: "default", options: { address }, ui: null };
}

function changed(server: ServerAddress, { namespace, tls, apiKey }: ConnectOptions): ServerAddress {
  const own = { ...(tls !== undefined && { tls }), ...(apiKey !== undefined && { apiKey }) };
  return { ...server, namespace: namespace ?? server.namespace, options: { ...server.options, ...own } };
}
