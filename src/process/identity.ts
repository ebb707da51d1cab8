import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names the space in which a process id means something: this boot of this kernel, seen from this container.
 * A shared file system brings together hosts, and containers of one host, whose process ids say nothing to each other.
 */
export function processSpace(): string {
  const space = process.platform === "linux" ? boot() + readlinkSync("/proc/self/ns/pid") : hostname();
  return createHash("sha256").update(space).digest("hex").slice(0, 12);
}

/** Names this boot of this kernel; empty where the system does not tell. */
function boot(): string {
  return process.platform === "linux" ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8") : "";
}

/** A process of this host. Ids are used again, so the start time goes with it (in the system's own words; "0" if unknown). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

export function identityOf(pid: number): ProcessIdentity {
  return { pid, started: startTime(pid) ?? "0" };
}

/** Does exactly this process still run? A zombie does not. */
export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return startTime(pid) === started;
}

/** A process as a file remembers it for others, who may look from another boot, container or host. */
export interface KnownProcess extends ProcessIdentity {
  readonly space: string;
  readonly boot: string;
  readonly host: string;
}

export function knownProcess(pid: number): KnownProcess {
  return { ...identityOf(pid), space: processSpace(), boot: boot().trim(), host: hostname() };
}

/** What became of it: "elsewhere" when it belongs to another host or container, which cannot be asked from here. */
export function fateOf(known: KnownProcess): "running" | "gone" | "elsewhere" {
  if (known.space === processSpace()) return isRunning(known) ? "running" : "gone";
  // Another boot of this host ended all its processes; under the same boot it is a container's.
  return known.host === hostname() && known.boot !== boot().trim() ? "gone" : "elsewhere";
}

/** Undefined when there is no such process, or only what is left of it until its parent asks. */
function startTime(pid: number): string | undefined {
  return process.platform === "linux" ? startedByProc(pid) : startedByPs(pid);
}

/** In clock ticks since boot. */
function startedByProc(pid: number): string | undefined {
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

/** In seconds since the epoch. The system has no /proc, and its `ps` says the time in the words of a locale. */
export function startedByPs(pid: number): string | undefined {
  const env = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const { stdout } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8", env });
  const [, state, started] = /^(\S+)\s+(.+?)\s*$/m.exec(stdout) ?? [];
  if (state === undefined || started === undefined || state.startsWith("Z")) return undefined;
  return String(Date.parse(`${started} UTC`) / 1000);
}
