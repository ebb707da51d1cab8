import { StepFailure } from "../failure.ts";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Logger } from "pino";

/** How a child came to its end. */
export interface Ending {
  readonly exitCode?: number | undefined;
  readonly signal?: NodeJS.Signals | undefined;
  /** Its last lines on stderr. */
  readonly words: readonly string[];
}

/** Lines of stderr that go into the message itself; the rest travels in the details. */
const WORDS_SHOWN = 3;

/** A child that ended before it had answered. The last words are a traceback's end, where the reason stands. */
export function crashed(name: string, ending: Ending, during: string): StepFailure {
  const last = ending.words.slice(-WORDS_SHOWN).join(" | ");
  return new StepFailure(
    "ChildCrashed",
    `The ${name} ${manner(ending)} ${during}${last === "" ? "; it left no word on stderr" : `; its last words: ${last}`}.`,
    { details: { exitCode: ending.exitCode ?? null, signal: ending.signal ?? null, stderr: ending.words } },
  );
}

function manner({ exitCode, signal }: Ending): string {
  if (signal === "SIGKILL") return "was killed with SIGKILL (perhaps by the kernel, for want of memory)";
  if (signal !== undefined) return `died of ${signal}`;
  return `ended with exit code ${exitCode ?? "unknown"}`;
}

/** A child that said something else than its protocol; what it says can no longer be trusted. */
export function babbled(name: string, text: string, cause?: unknown): StepFailure {
  const shown = text.length > 200 ? `${text.slice(0, 200)}…` : text;
  return new StepFailure("ChildCrashed", `The ${name} wrote a line on stdout that is not of its protocol: ${shown}`, {
    cause,
  });
}

export function fellSilent(name: string, limitMs: number, during: string): StepFailure {
  return new StepFailure("ChildSilent", `The ${name} said nothing for ${limitMs / 1000} s ${during} and was killed.`);
}

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
