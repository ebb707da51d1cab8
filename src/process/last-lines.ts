import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Logger } from "pino";

/** Enough for a Python traceback; a failure's message travels through Temporal and must stay small. */
const LINES_KEPT = 30;
const CHARACTERS_KEPT = 400;

/** Reads a child's stderr to its end, so that the child never blocks on it, and keeps the last lines for its obituary. */
export function keepLastLines(stderr: Readable, name: string, log: Logger | undefined): readonly string[] {
  const kept: string[] = [];
  const lines = createInterface({ input: stderr });
  lines.on("line", (line) => {
    log?.debug({ child: name }, line);
    if (line.trim() === "") return;
    kept.push(line.slice(0, CHARACTERS_KEPT));
    if (kept.length > LINES_KEPT) kept.shift();
  });
  return kept;
}
