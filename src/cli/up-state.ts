import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { z } from "zod";
import { writeJson } from "../artifact/files.ts";
import { fateOf, knownProcess } from "../process/identity.ts";
import { makeStateFolder, processShape, stateFolderOf } from "../temporal/embedded.ts";
import { readState } from "../temporal/state-file.ts";

type UpProcess = z.infer<typeof processShape>;

/** The supervisor that `snowball up` left running on this host for this root; null when there is none. */
export function upProcess(root: string): UpProcess | null {
  const known = readState(upFile(root), processShape);
  return known === null || fateOf(known) === "gone" ? null : known;
}

/** Remembers this process as the supervisor. */
export async function rememberUp(root: string): Promise<void> {
  makeStateFolder(stateFolderOf(root));
  await writeJson(upFile(root), knownProcess(process.pid));
}

export function forgetUp(root: string): void {
  rmSync(upFile(root), { force: true });
}

/** Hosts that share a root for a server of the user's own have a worker each. */
export function upFile(root: string): string {
  return join(stateFolderOf(root), `up-${hostname()}.json`);
}
