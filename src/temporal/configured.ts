import { existsSync } from "node:fs";
import { basename } from "node:path";
import { type ClientConnectConfig, loadClientConnectConfig } from "@temporalio/envconfig";
import { StepFailure } from "../failure.ts";

/** A Temporal server that the user named: TEMPORAL_ADDRESS, or `address` of a client profile. */
export interface ConfiguredServer {
  readonly address: string;
  readonly namespace: string;
  /** Address, TLS and API key, as `Connection.connect` and `NativeConnection.connect` take them. */
  readonly options: ClientConnectConfig["connectionOptions"];
}

/**
 * Reads the standard TEMPORAL_* variables and the client profile; null when neither names an address.
 * @throws {StepFailure} BadInput for settings that cannot be read: the embedded server is not what they meant
 */
export function configuredServer(): ConfiguredServer | null {
  const { connectionOptions: options, namespace } = load();
  if (!options.address) return null;
  return { address: options.address, namespace: namespace ?? "default", options };
}

function load(): ClientConnectConfig {
  const { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: profile } = process.env;
  if (file && !existsSync(file)) throw unusable(`TEMPORAL_CONFIG_FILE names ${file}, which is not there`);
  try {
    return loadClientConnectConfig();
  } catch (error) {
    // A file without any profile, which the SDK stumbles over; or the home is another user's, whose profile is not meant.
    const none = error instanceof TypeError || (isDenied(error, "temporal.toml") && !file);
    if (none && !profile) return loadClientConnectConfig({ disableFile: true });
    const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    throw unusable(`the Temporal client's settings cannot be used: ${why}`, error);
  }
}

function isDenied(error: unknown, file: string): boolean {
  const { code, path = "" } = error as NodeJS.ErrnoException;
  return (code === "EACCES" || code === "EPERM") && basename(path) === file;
}

function unusable(what: string, cause?: unknown): StepFailure {
  const file = process.env["TEMPORAL_CONFIG_FILE"] ?? "temporalio/temporal.toml in this user's folder of settings";
  return new StepFailure(
    "BadInput",
    `${what.charAt(0).toUpperCase()}${what.slice(1)}. Mend it (${file}, and the TEMPORAL_* variables), or unset TEMPORAL_CONFIG_FILE and TEMPORAL_PROFILE.`,
    { cause },
  );
}
