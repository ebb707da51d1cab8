import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names the space in which a process id means something: this boot of this kernel, seen from this container.
 * A shared file system brings together hosts, and containers of one host, whose process ids say nothing to each other.
 */
export function processSpace(): string {
  const space =
    process.platform === "linux"
      ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8") + readlinkSync("/proc/self/ns/pid")
      : hostname();
  return createHash("sha256").update(space).digest("hex").slice(0, 12);
}

/** A process of this host. Ids are used again, so the start time (in clock ticks since boot; "0" if unknown) goes with it. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: startTime(pid) ?? "0" };
}

/** Does exactly this process still run? A zombie does not. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  if (process.platform === "linux") return startTime(pid) === started;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, and belongs to someone else.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function startTime(pid: number): string | undefined {
  if (process.platform !== "linux") return undefined;
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined; // It has ended, perhaps between the listing and the reading.
  }
  // The second field is the program's name in brackets and may hold blanks and brackets itself.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" ? undefined : fields[19];
}
