import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Name of the environment variable that marks a child and all its descendants. Neither the process group nor the chain
 * of parents finds them all: torchrun's ranks lead sessions of their own, and orphans are adopted by init.
 */
export const MARK = "SNOWBALL_CHILD";

/** First and longest pause between two looks at a dying tree, in ms. A driver may hold a killed process for seconds. */
const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 500;

/** Kills every process that carries the mark, and resolves when none is left: then nothing holds a device any more. */
export async function killTree(mark: string, leader: number): Promise<void> {
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(pause * 2, LAST_LOOK_MS)) {
    // Looked up anew each time: what was killed may have forked in its last moment.
    const left = treeOf(mark, leader);
    if (left.length === 0) return;
    for (const pid of left) kill(pid);
    await sleep(pause);
  }
}

/** Process ids that carry the mark; zombies, which hold nothing, are not among them. */
export function treeOf(mark: string, leader: number): number[] {
  if (process.platform !== "linux") return groupOf(leader);
  const wanted = `${MARK}=${mark}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(wanted))
    .map(Number);
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return []; // Ended since the listing, or another user's: neither is ours to kill.
  }
}

/** Without /proc there is only the group, addressed by the negative id of its leader. */
function groupOf(leader: number): number[] {
  try {
    process.kill(-leader, 0);
    return [-leader];
  } catch {
    return [];
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
