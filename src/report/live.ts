import type { RunProgress, StreamProgress } from "../contract/progress.ts";
import { share, shortDigest } from "../contract/table.ts";
import { count, duration, roughly } from "../numbers.ts";
import type { RunSnapshot, StepProgress } from "./snapshot.ts";
import { CONTROL_QUEUE, queueOf, type Role } from "../contract/queues.ts";

/** Three links beside each other fit on 80 columns with the shortest bars, and look best with the longest. */
const SHORTEST_BAR = 4;
const LONGEST_BAR = 16;

export interface LiveOptions {
  readonly now: number;
  /** Columns of the terminal; a line that wrapped could not be drawn over. */
  readonly width: number;
  /** Milliseconds that the run still takes, when that can be said. */
  readonly remaining: number | null;
  /** Units a second, by the title of a stream and its link; absent where it was not watched. */
  readonly speeds?: ReadonlyMap<string, number> | undefined;
}

/** The block that a terminal shows, and draws over, while a run is under way. */
export function liveLines(snapshot: RunSnapshot, { now, width, remaining, speeds }: LiveOptions): string[] {
  const { progress, streams, devices = [] } = snapshot;
  const barWidth = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, Math.floor((width - 64) / 3)));
  const lines = [whereLine(snapshot, "   ")];
  for (const stream of streams)
    lines.push(...streamLines(stream, { titled: streams.length > 1, width: barWidth, speeds }));
  if (snapshot.training !== null) lines.push(`  ${trainingLine(snapshot.training)}`);
  const togo = remaining === null ? "" : `, ${roughly(remaining)} to go`;
  lines.push(`  ${duration(now - snapshot.startedAt)} so far${togo}${quarantinedIn(progress)}`);
  if (devices.length > 0) lines.push(`  ${devices.map(({ device, step }) => `${device}: ${step}`).join("    ")}`);
  const asking = askingLine(progress);
  if (asking !== null) lines.push(`  ${asking}`);
  if (snapshot.stalled) lines.push(`  ${snapshot.stalled.why}`, `  ${snapshot.stalled.todo}`);
  const waiting = waitingLine(snapshot.unserved);
  if (waiting !== null) lines.push(`  ${waiting}`);
  lines.push(...snapshot.troubles.map((trouble) => `  ${trouble}`));
  return lines.map((line) => (line.length > width ? `${line.slice(0, Math.max(width - 1, 0))}…` : line));
}

/** Where a run stands, on one line without any control character: for logs and pipes. */
export function plainLine(snapshot: RunSnapshot): string {
  const { progress, streams, training } = snapshot;
  const { stalled } = snapshot;
  const parts = [stalled ? `${stalled.why} ${stalled.todo}` : whereLine(snapshot, " · ")];
  for (const { title, counts } of streams) {
    const own = Object.entries(counts).map(([link, { done, total }]) => `${link} ${done}/${total}`);
    parts.push(streams.length > 1 ? `${title}: ${own.join(", ")}` : own.join(" · "));
  }
  if (training !== null) {
    const { loss } = training.metrics;
    parts.push(`step ${training.done}/${training.total}${loss === undefined ? "" : `, loss ${share(loss)}`}`);
  }
  const asking = askingLine(progress);
  if (asking !== null) parts.push(asking);
  const waiting = waitingLine(snapshot.unserved);
  if (waiting !== null) parts.push(waiting);
  return [parts.join(" · "), ...snapshot.troubles].join("\n");
}

function whereLine({ name, progress }: RunSnapshot, between: string): string {
  if (progress === null) return `${name}${between.trim() === "" ? between : ": "}no worker answers yet`;
  const { title, doing } = progress.stage;
  return title === "" ? doing : `${title}${between}${doing}`;
}

interface Drawn extends Pick<LiveOptions, "speeds"> {
  readonly titled: boolean;
  /** Of a bar. */
  readonly width: number;
}

function streamLines({ title, counts }: StreamProgress, { titled, width, speeds }: Drawn): string[] {
  const bars = Object.entries(counts).map(
    ([link, { done, total }]) =>
      `${link} ${bar(done, total, width)} ${count(done)}/${count(total)}${perSecond(speeds?.get(`${title} ${link}`))}`,
  );
  return [...(titled ? [`  ${title}`] : []), `  ${bars.join("    ")}`];
}

function perSecond(speed: number | undefined): string {
  return speed === undefined || speed === 0 ? "" : ` ${speed.toPrecision(2)}/s`;
}

/** What the accounts so far have lost to the machine. */
function quarantinedIn(progress: RunProgress | null): string {
  const lost = (progress?.accounts ?? []).reduce((sum, { parts }) => sum + (parts["quarantined"] ?? 0), 0);
  return lost === 0 ? "" : `, ${count(lost)} quarantined`;
}

function trainingLine({ done, total, metrics }: StepProgress): string {
  const shown = ["loss", "margin", "accuracy", "reward"].filter((name) => metrics[name] !== undefined);
  const numbers = shown.map((name) => ` · ${name} ${share(metrics[name] ?? null)}`).join("");
  return `train   ${bar(done, total, LONGEST_BAR)} ${count(done)}/${count(total)}${numbers}`;
}

/** A bar of `width` characters; full only when everything is done, so that 99.9 % does not look finished. */
export function bar(done: number, total: number, width: number): string {
  const share = total > 0 ? Math.min(done / total, 1) : 0;
  const full = Math.floor(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** What is looked back on for a speed, in ms: several chunks, and little enough to see one stall. */
const LOOK_BACK_MS = 60_000;

/** Estimates what each link of each stream does a second, from what was watched of it in the last minute. */
export function createSpeeds() {
  const seen: { readonly now: number; readonly done: ReadonlyMap<string, number> }[] = [];
  return (streams: readonly StreamProgress[], now: number): ReadonlyMap<string, number> => {
    const done = new Map(
      streams.flatMap(({ title, counts }) =>
        Object.entries(counts).map(([link, each]) => [`${title} ${link}`, each.done] as const),
      ),
    );
    seen.push({ now, done });
    while (seen.length > 2 && now - seen[1]!.now >= LOOK_BACK_MS) seen.shift();
    const speeds = [...done].flatMap(([name, many]) => {
      const first = seen.find((each) => each.done.has(name))!;
      return first.now === now ? [] : [[name, ((many - first.done.get(name)!) * 1000) / (now - first.now)] as const];
    });
    return new Map(speeds);
  };
}

/** Estimates how long a run still takes, from the iterations that were watched from their beginning to their end. */
export function createPace() {
  let iteration: number | null = null;
  /** When the iteration under way began; null when it was under way already at the first look. */
  let began: number | null = null;
  const durations: number[] = [];
  return {
    observe(current: number, now: number): void {
      if (current === iteration) return;
      // The base policy's measurement is no iteration, and one of which only the end was seen says too little.
      if (iteration !== null && iteration >= 0 && began !== null) durations.push(now - began);
      began = iteration === null ? null : now;
      iteration = current;
    },
    /** Milliseconds to go; null before one whole iteration was watched. */
    remaining(iterations: number, now: number): number | null {
      if (durations.length === 0 || iteration === null || began === null) return null;
      const mean = durations.reduce((sum, each) => sum + each, 0) / durations.length;
      const current = Math.max(mean - (now - began), 0);
      return current + mean * (iterations - iteration - 1);
    },
  };
}

/** Says that nothing can go on because no worker polls these queues, and what to type. Null when all are served. */
export function waitingLine(unserved: readonly (Role | "control")[]): string | null {
  if (unserved.length === 0) return null;
  // Without the workflow's own queue nothing moves, whatever the roles have; a worker takes all queues unless told less.
  if (unserved.includes("control")) {
    return `waiting: no worker takes the queue ${CONTROL_QUEUE}. Start one: bin/snowball worker`;
  }
  const roles = unserved.filter((each) => each !== "control");
  const queues = `queue${roles.length > 1 ? "s" : ""} ${roles.map(queueOf).join(", ")}`;
  const command = `bin/snowball worker --roles ${roles.join(",")} --devices 0`;
  return `waiting: no worker takes the ${queues}. Start one on a host with a free device: ${command}`;
}

/** Says what the gate asks and how to answer. Null when it does not ask. */
export function askingLine(progress: RunProgress | null): string | null {
  if (!progress?.asking) return null;
  const { iteration, from, to, measured } = progress.asking;
  const answers = ["--promote", "--rollback"].map((option) => `bin/snowball gate ${progress.run} ${option}`);
  return (
    `the gate asks about iter_${iteration}: policy ${shortDigest(to)} instead of ${shortDigest(from)}? ${measured}. ` +
    `Answer: ${answers.join("  or  ")}`
  );
}
