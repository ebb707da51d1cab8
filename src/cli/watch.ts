import { looks } from "../client/looks.ts";
import type { RunProgress } from "../contract/progress.ts";
import { rowLine } from "../contract/table.ts";
import { createPace, createSpeeds, liveLines, plainLine } from "../report/live.ts";
import type { RunSnapshot } from "../report/snapshot.ts";
import type { Connected } from "../temporal/connection.ts";
import { terminalScreen } from "./screen.ts";

const TERMINAL_MS = 500;
const PIPE_MS = 1_000;
/** A server that was restarted hears of its workers one after the other. */
export const STALLED_MS = 3_000;
/** In a log, the same stage is worth a new line this often; a queue that nobody serves is worth one at once. */
const PLAIN_EVERY_MS = 15_000;

export interface WatchOptions {
  readonly server: Connected;
  readonly name: string;
  /** Ends the watching, not the run. */
  readonly signal: AbortSignal;
  /** Only waits: stdout is for a program. */
  readonly quiet?: boolean;
  /** Prints every change as a line of JSON, for programs. */
  readonly json?: boolean;
  /** Is the command's own worker starting, or started again? Then nobody has to be asked for one. */
  readonly ownWorker?: () => boolean;
  /** Ends the watching at a run that would go on if it were started over. */
  readonly untilMovable?: boolean;
}

/** Shows a run until it is over, or movable; the last look, or null when the signal ended the watching first. */
export async function watch({
  server,
  name,
  signal,
  quiet = false,
  json = false,
  ownWorker = () => false,
  untilMovable = false,
}: WatchOptions): Promise<RunSnapshot | null> {
  const view = quiet ? QUIET : json ? jsonView() : process.stdout.isTTY ? terminalView() : plainView();
  try {
    const { everyMs, note } = view;
    let stalledAt = 0;
    for await (const snapshot of looks(server, name, { everyMs, signal, onSilence: note })) {
      stalledAt = snapshot.stalled?.movable ? stalledAt || Date.now() : 0;
      if (untilMovable && stalledAt > 0 && Date.now() - stalledAt > STALLED_MS) return snapshot;
      view.show(ownWorker() ? { ...snapshot, unserved: [] } : snapshot);
      if (snapshot.status !== "RUNNING") return snapshot;
    }
    return null;
  } finally {
    view.end();
  }
}

interface View {
  readonly everyMs: number;
  show(snapshot: RunSnapshot): void;
  /** Shows a line that stays. */
  readonly note: (line: string) => void;
  end(): void;
}

const QUIET: View = { everyMs: PIPE_MS, show() {}, note: console.error, end() {} };

function jsonView(): View {
  let told = "";
  return {
    everyMs: PIPE_MS,
    show(snapshot) {
      const text = JSON.stringify(snapshot);
      if (text !== told) console.log(text);
      told = text;
    },
    note: console.error,
    end() {},
  };
}

function terminalView(): View {
  const screen = terminalScreen(process.stdout);
  const pace = createPace();
  const speeds = createSpeeds();
  const rows = finishedRows();
  return {
    everyMs: TERMINAL_MS,
    show(snapshot) {
      const now = Date.now();
      for (const line of rows(snapshot.progress)) screen.print(line);
      if (snapshot.status !== "RUNNING") return;
      const { progress } = snapshot;
      if (progress !== null) pace.observe(progress.stage.at, now);
      const remaining = progress === null ? null : pace.remaining(progress.stage.of, now);
      screen.show(
        liveLines(snapshot, {
          now,
          width: process.stdout.columns,
          remaining,
          speeds: speeds(snapshot.streams, now),
        }),
      );
    },
    note: (line) => screen.print(line),
    end: () => screen.clear(),
  };
}

function plainView(): View {
  const rows = finishedRows();
  let shown = "";
  let stage = "";
  let at = 0;
  return {
    everyMs: PIPE_MS,
    show(snapshot) {
      for (const line of rows(snapshot.progress)) console.log(line);
      if (snapshot.status !== "RUNNING") return;
      const line = plainLine(snapshot);
      const { title, name } = snapshot.progress?.stage ?? { title: "", name: "" };
      const now = `${title} ${name} ${snapshot.unserved.join(" ")} ${snapshot.stalled?.why}`;
      if (line === shown || (now === stage && Date.now() - at < PLAIN_EVERY_MS)) return;
      console.log(line);
      [shown, stage, at] = [line, now, Date.now()];
    },
    note: console.log,
    end() {},
  };
}

/** Rows of the tables that were not told at the look before. */
function finishedRows(): (progress: RunProgress | null) => string[] {
  const told: number[] = [];
  return (progress) =>
    (progress?.tables ?? []).flatMap((table, place) => {
      const fresh = table.rows.slice(told[place] ?? 0);
      told[place] = table.rows.length;
      return fresh.map((row) => rowLine(table, row));
    });
}
