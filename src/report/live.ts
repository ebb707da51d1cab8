import type { RoleProgress } from "../contract/progress.ts";
import { bar } from "./bar.ts";
import { titleOf } from "./iterations.ts";
import { count, duration, roughly, share } from "./numbers.ts";
import type { RunSnapshot, StepProgress } from "./snapshot.ts";
import { DOING } from "./stages.ts";
import { askingLine, waitingLine } from "./waiting.ts";

/** Three roles beside each other fit on 80 columns with the shortest bars, and look best with the longest. */
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
  const { progress } = snapshot;
  const barWidth = Math.max(SHORTEST_BAR, Math.min(LONGEST_BAR, Math.floor((width - 64) / 3)));
  const lines =
    progress === null
      ? [`${snapshot.name}   no worker answers yet`]
      : [`${titleOf(progress.iteration, progress.iterations)}   ${DOING[progress.stage]}`];
  const roles = progress === null ? [] : roleBars(progress.roles, barWidth);
  if (roles.length > 0) lines.push(`  ${roles.join("    ")}`);
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

function roleBars(roles: Readonly<Record<string, RoleProgress>>, width: number): string[] {
  return Object.entries(roles).map(
    ([role, { done, total }]) => `${role} ${bar(done, total, width)} ${count(done)}/${count(total)}`,
  );
}

function trainingLine({ done, total, metrics }: StepProgress): string {
  const shown = ["loss", "margin", "accuracy"].filter((name) => metrics[name] !== undefined);
  const numbers = shown.map((name) => ` · ${name} ${share(metrics[name] ?? null)}`).join("");
  return `train   ${bar(done, total, LONGEST_BAR)} ${count(done)}/${count(total)}${numbers}`;
}
