import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The embedded server as its state folder remembers it. */
export interface EmbeddedServer {
  readonly pid: number;
  /** host:port of the gRPC front end. */
  readonly address: string;
  /** The Web UI's address. */
  readonly ui: string;
}

/** The default state folder of a root: what belongs to this host and can be thrown away. */
export function stateFolderOf(root: string): string {
  return join(root, ".snowball");
}

/** The embedded server of this state folder, when its process lives; null otherwise. */
export function embeddedServer(stateFolder: string): EmbeddedServer | null {
  let server: EmbeddedServer;
  try {
    server = JSON.parse(readFileSync(fileOf(stateFolder), "utf8")) as EmbeddedServer;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return isAlive(server.pid) ? server : null;
}

export function rememberServer(stateFolder: string, server: EmbeddedServer): void {
  mkdirSync(stateFolder, { recursive: true });
  // Renamed into place: a reader never meets half a file, even when this process is killed while it writes.
  const half = `${fileOf(stateFolder)}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(server)}\n`);
  renameSync(half, fileOf(stateFolder));
}

/** Forgets the server that has ended, unless a living one has been remembered since. */
export function forgetServer(stateFolder: string): void {
  if (embeddedServer(stateFolder) === null) rmSync(fileOf(stateFolder), { force: true });
}

/** Signal 0 asks only whether the process is there; EPERM means it is, and is someone else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function fileOf(stateFolder: string): string {
  return join(stateFolder, "server.json");
}
