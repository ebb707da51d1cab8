import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { identityOf, isRunning, processSpace } from "../process/identity.ts";
import { isMissing } from "./durable.ts";

/** Scratch of a host that cannot be asked is left alone this long after its last change (a day, in ms). */
const ABANDONED_MS = 24 * 3600 * 1000;

/** A new folder named after key and attempt: two attempts on one key, ghosts included, never share one. */
export async function newScratch(scratch: string, key: string): Promise<string> {
  const { pid, started } = identityOf(process.pid);
  const folder = join(scratch, [key, processSpace(), pid, started, randomUUID()].join("."));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Drops what dead attempts left behind: at once if their process ran here, else when nothing has changed for a day. */
export async function sweepScratch(scratch: string, now = Date.now()): Promise<void> {
  const space = processSpace();
  for (const name of await readdir(scratch).catch(ignoreMissing)) {
    const [, owner, pid, started] = name.split(".");
    const folder = join(scratch, name);
    const dead =
      owner === space
        ? !isRunning({ pid: Number(pid), started: started ?? "" })
        : now - (await lastChange(folder)) > ABANDONED_MS;
    if (dead) await rm(folder, { recursive: true, force: true });
  }
}

/** Time of the newest change below a folder, in ms; Infinity while somebody works in it. */
async function lastChange(folder: string): Promise<number> {
  try {
    const paths = [folder, ...(await readdir(folder, { recursive: true })).map((name) => join(folder, name))];
    return Math.max(...(await Promise.all(paths.map(async (path) => (await lstat(path)).mtimeMs))));
  } catch (error) {
    if (isMissing(error)) return Infinity;
    throw error;
  }
}

function ignoreMissing(error: unknown): string[] {
  if (isMissing(error)) return [];
  throw error;
}
