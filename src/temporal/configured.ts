import { type ClientConnectConfig, loadClientConnectConfig } from "@temporalio/envconfig";

/** A Temporal server that the user named: TEMPORAL_ADDRESS, or `address` of a client profile. */
export interface ConfiguredServer {
  readonly address: string;
  readonly namespace: string;
  /** Address, TLS and API key, as `Connection.connect` and `NativeConnection.connect` take them. */
  readonly options: ClientConnectConfig["connectionOptions"];
}

/** Reads the standard TEMPORAL_* variables and the client profile; null when neither names an address. */
export function configuredServer(): ConfiguredServer | null {
  const { connectionOptions: options, namespace } = loadClientConnectConfig();
  if (!options.address) return null;
  return { address: options.address, namespace: namespace ?? "default", options };
}
