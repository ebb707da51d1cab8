import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, stateFolderOf } from "../temporal/embedded.ts";

/** The process id of the supervisor that `snowball up` left running on this root; null when there is none. */
export function upProcess(root: string): number | null {
  let text: string;
  try {
    text = readFileSync(fileOf(root), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const pid = Number(text);
  return pid > 0 && isAlive(pid) ? pid : null;
}

/** Remembers this process as the supervisor. */
export function rememberUp(root: string): void {
  mkdirSync(stateFolderOf(root), { recursive: true });
  writeFileSync(fileOf(root), String(process.pid));
}

export function forgetUp(root: string): void {
  rmSync(fileOf(root), { force: true });
}

function fileOf(root: string): string {
  return join(stateFolderOf(root), "up.pid");
}
