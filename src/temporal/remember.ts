import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { writeWhole } from "../artifact/disk.ts";
import { writeJson } from "../artifact/files.ts";
import { knownProcess } from "../process/identity.ts";
import { type EmbeddedServer, embeddedServer, makeStateFolder, serverFile } from "./embedded.ts";
import { readState } from "./state-file.ts";

/** Writes down which server runs on a state folder, and where. */
export async function rememberServer(
  stateFolder: string,
  { pid, address, ui, mark }: Pick<EmbeddedServer, "pid" | "address" | "ui" | "mark">,
): Promise<EmbeddedServer> {
  const server = { ...knownProcess(pid), address, ui, mark };
  makeStateFolder(stateFolder);
  await writeJson(serverFile(stateFolder), server);
  return server;
}

/** Forgets the server that has ended, unless a living one has been remembered since. */
export function forgetServer(stateFolder: string): void {
  if (embeddedServer(stateFolder) === null) rmSync(serverFile(stateFolder), { force: true });
}

/** The mark of this state folder's database, drawn when it is asked for first. Only whoever holds the seat may ask. */
export async function markOf(stateFolder: string): Promise<string> {
  const file = join(stateFolder, "server-mark.json");
  const known = readState(file, z.string().regex(MARK));
  if (known !== null) return known;
  const mark = `snowball-${randomBytes(6).toString("hex")}`;
  await writeWhole(file, JSON.stringify(mark));
  return mark;
}

const MARK = /^snowball-[0-9a-f]{12}$/;
