import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { fateOf, identityOf } from "../process/identity.ts";
import { readState } from "./state-file.ts";

/** A process, as state files remember it. */
export const processShape = z.object({
  pid: z.number(),
  started: z.string(),
  space: z.string(),
  boot: z.string(),
  host: z.string(),
});

const serverShape = processShape.extend({
  /** host:port of the gRPC front end. */
  address: z.string(),
  /** The Web UI's address. */
  ui: z.string(),
  /** A namespace that only this database has: who answers at the address is the server only if he knows it. */
  mark: z.string(),
});
/** The embedded server as its state folder remembers it. */
export type EmbeddedServer = z.infer<typeof serverShape>;

/** The default state folder of a root: what belongs to this host and can be thrown away. */
export function stateFolderOf(root: string): string {
  return join(root, ".snowball");
}

/** Makes the state folder, for its owner alone: logs and recipes are nobody else's, and its files are trusted. */
export function makeStateFolder(stateFolder: string): void {
  mkdirSync(stateFolder, { recursive: true, mode: OWNER_ONLY });
  const { uid, mode } = statSync(stateFolder);
  if (uid === process.getuid?.() && (mode & 0o777) !== OWNER_ONLY) chmodSync(stateFolder, OWNER_ONLY);
}

const OWNER_ONLY = 0o700;

/** The embedded server of this state folder; null when there is none, or its process is known to have ended. */
export function embeddedServer(stateFolder: string): EmbeddedServer | null {
  const server = readState(serverFile(stateFolder), serverShape);
  return server === null || fateOf(server) === "gone" ? null : server;
}

/** Is there a process of this id on this host that is more than a zombie? */
export function isAlive(pid: number): boolean {
  return identityOf(pid).started !== "0";
}

export function serverFile(stateFolder: string): string {
  return join(stateFolder, "server.json");
}
