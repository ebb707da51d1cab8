import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { identityOf, isRunning, processSpace } from "../process/identity.ts";
import { isMissing } from "./disk.ts";

/** Scratch of a host that cannot be asked is left alone this long after its last change (a day, in ms). */
const ABANDONED_MS = 24 * 3600 * 1000;

/** A new folder named after key and attempt: two attempts on one key, ghosts included, never share one. */
export async function newScratch(scratch: string, key: string): Promise<string> {
  const { pid, started } = identityOf(process.pid);
  const folder = join(scratch, [key, processSpace(), pid, started, randomUUID()].join("."));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Drops what dead attempts left behind. */
export async function sweepScratch(scratch: string, now = Date.now()): Promise<void> {
  for (const folder of await deadScratch(scratch, now)) await rm(folder, { recursive: true, force: true });
}

/** What dead attempts left behind: of a process that ran here and is gone, or, elsewhere, unchanged for a day. */
export async function deadScratch(scratch: string, now = Date.now()): Promise<string[]> {
  const space = processSpace();
  const found: string[] = [];
  for (const name of await readdir(scratch).catch(ignoreMissing)) {
    const [, owner, pid, started] = name.split(".");
    const folder = join(scratch, name);
    const dead =
      owner === space
        ? !isRunning({ pid: Number(pid), started: started ?? "" })
        : now - (await lastChange(folder)) > ABANDONED_MS;
    if (dead) found.push(folder);
  }
  return found;
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
