import type { StreamProgress } from "../contract/progress.ts";
import { share } from "../contract/table.ts";
import { bar } from "./bar.ts";
import { count, duration, roughly } from "../numbers.ts";
import type { RunSnapshot, StepProgress } from "./snapshot.ts";
import { askingLine, waitingLine } from "./waiting.ts";

/** Three links beside each other fit on 80 columns with the shortest bars, and look best with the longest. */
const SHORTEST_BAR = 4;
const LONGEST_BAR = 16;

export interface LiveOptions {
  readonly now: number;
  /** Columns of the terminal; a line that wrapped could not be drawn over. */
  readonly width: number;
  /** Milliseconds that the run still takes, when that can be said. */
  readonly remaining: number | null;
}

/** The block that a terminal shows, and draws over, while a run is under way. */
export function liveLines(snapshot: RunSnapshot, { now, width, remaining }: LiveOptions): string[] {
  const { progress, streams } = snapshot;
  const barWidth = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, Math.floor((width - 64) / 3)));
  const lines = [whereLine(snapshot, "   ")];
  for (const stream of streams) lines.push(...streamLines(stream, streams.length > 1, barWidth));
  if (snapshot.training !== null) lines.push(`  ${trainingLine(snapshot.training)}`);
  const togo = remaining === null ? "" : `, ${roughly(remaining)} to go`;
  lines.push(`  ${duration(now - snapshot.startedAt)} so far${togo}`);
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

function streamLines({ title, counts }: StreamProgress, titled: boolean, width: number): string[] {
  const bars = Object.entries(counts).map(
    ([link, { done, total }]) => `${link} ${bar(done, total, width)} ${count(done)}/${count(total)}`,
  );
  return [...(titled ? [`  ${title}`] : []), `  ${bars.join("    ")}`];
}

function trainingLine({ done, total, metrics }: StepProgress): string {
  const shown = ["loss", "margin", "accuracy", "reward"].filter((name) => metrics[name] !== undefined);
  const numbers = shown.map((name) => ` · ${name} ${share(metrics[name] ?? null)}`).join("");
  return `train   ${bar(done, total, LONGEST_BAR)} ${count(done)}/${count(total)}${numbers}`;
}
