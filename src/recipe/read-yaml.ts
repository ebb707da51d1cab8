import { type Document, LineCounter, parseDocument } from "yaml";
import { StepFailure } from "../failure.ts";

/** A YAML file, read: its plain value, and where in the file each part of it stands. */
export interface ReadYaml {
  readonly value: unknown;
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/**
 * Reads YAML, or JSON (which is YAML), to a plain value: aliases are followed as far as a person would write them.
 * @throws {StepFailure} BadInput, with the line where that can be told
 */
export function readYaml(text: string, fileName: string): ReadYaml {
  const lines = new LineCounter();
  const bad = (where: string, why: string, cause?: unknown): StepFailure =>
    new StepFailure("BadInput", `${fileName}${where}  is not YAML: ${why}.`, { cause });
  const document = sane(
    () => parseDocument(text, { lineCounter: lines, prettyErrors: false }),
    (why, cause) => bad("", why, cause),
  );
  const broken = document.errors[0];
  if (broken) throw bad(`:${lines.linePos(broken.pos[0]).line}`, broken.message);
  const value: unknown = sane(
    () => document.toJS(),
    (why, cause) => bad("", why, cause),
  );
  if (isCircular(value)) throw bad("", "an alias stands within what it stands for");
  return { value, document, lines };
}

/** What yaml throws here is about the text: an alias without its anchor, one that unfolds without end, a depth past all use. */
function sane<T>(read: () => T, bad: (why: string, cause: unknown) => StepFailure): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) throw bad("it is nested too deeply", error);
    if (error instanceof ReferenceError) throw bad(error.message, error);
    throw error;
  }
}

function isCircular(value: unknown, above: readonly unknown[] = []): boolean {
  if (typeof value !== "object" || value === null) return false;
  return above.includes(value) || Object.values(value).some((part) => isCircular(part, [...above, value]));
}
