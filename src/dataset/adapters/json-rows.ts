import { createReadStream } from "node:fs";
import { StepFailure } from "../../failure.ts";

/**
 * Characters of one row. A question is some hundred; a larger row is an embedded file or a broken one. The limit is why
 * rows are cut out here and not by a JSON parser: those hold a row in memory before its size can be asked.
 */
export const MAX_ROW_LENGTH = 1_000_000;

export interface JsonRow {
  /** Counted from 1: the place in the array, or the line. */
  readonly row: number;
  readonly value: unknown;
}

/**
 * The rows of a JSON array or of a JSON Lines file (told apart by the first character), one at a time.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @throws {StepFailure} BadInput with the row: not JSON, cut off, too long, not UTF-8; or the file does not exist
 */
export async function* jsonRows(file: string, name: string): AsyncGenerator<JsonRow> {
  let rows: RowCutter | undefined;
  for await (const text of textOf(file, name)) {
    rows ??=
      text.trimStart() === "" ? undefined : text.trimStart().startsWith("[") ? new ArrayRows(name) : new LineRows(name);
    if (rows) yield* rows.take(text);
  }
  if (rows) yield* rows.end();
}

async function* textOf(file: string, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const bytes of createReadStream(file)) yield decoder.decode(bytes as Buffer, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw new StepFailure("BadInput", `${name} does not exist.`, { cause });
    if (code === "EISDIR") throw new StepFailure("BadInput", `${name} is a folder; a file is needed.`, { cause });
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA")
      throw new StepFailure("BadInput", `${name} is not UTF-8 text.`, { cause });
    throw cause;
  }
}

abstract class RowCutter {
  protected row = 0;
  private readonly parts: string[] = [];
  private length = 0;
  protected readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  abstract take(text: string): Iterable<JsonRow>;
  abstract end(): Iterable<JsonRow>;

  protected keep(part: string): void {
    this.length += part.length;
    if (this.length > MAX_ROW_LENGTH) throw this.bad(`is longer than ${MAX_ROW_LENGTH} characters`);
    this.parts.push(part);
  }

  protected finish(): string {
    const text = this.parts.join("");
    this.parts.length = 0;
    this.length = 0;
    return text;
  }

  protected parse(text: string): JsonRow {
    try {
      return { row: this.row, value: JSON.parse(text) as unknown };
    } catch (cause) {
      throw this.bad(`is not JSON (${(cause as SyntaxError).message})`, cause);
    }
  }

  protected bad(what: string, cause?: unknown): StepFailure {
    return new StepFailure("BadInput", `${this.name}, row ${this.row}: it ${what}.`, { cause });
  }
}

/** A line is a row; blank lines are none. */
class LineRows extends RowCutter {
  *take(text: string): Iterable<JsonRow> {
    const lines = text.split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      this.row++;
      this.keep(line);
      yield* this.line();
    }
    this.row++;
    this.keep(rest);
    this.row--;
  }

  *end(): Iterable<JsonRow> {
    this.row++;
    yield* this.line();
  }

  private *line(): Iterable<JsonRow> {
    const line = this.finish().trim();
    if (line !== "") yield this.parse(line);
  }
}

/** An element of the array is a row. Follows brackets and strings only; what is between them is JSON.parse's affair. */
class ArrayRows extends RowCutter {
  private state: "before" | "first" | "comma" | "next" | "element" | "after" = "before";
  private depth = 0;
  private inString = false;
  private escaped = false;

  *take(text: string): Iterable<JsonRow> {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const letter = text[at]!;
      if (this.state !== "element") {
        if (/\s/.test(letter)) continue;
        this.between(letter);
        start = at;
      }
      if (this.state === "element" && this.closes(letter)) {
        this.keep(text.slice(start, at + 1));
        this.state = "comma";
        yield this.parse(this.finish());
      }
    }
    if (this.state === "element") this.keep(text.slice(start));
  }

  // eslint-disable-next-line require-yield -- an array has no row left at its end
  *end(): Iterable<JsonRow> {
    if (this.state === "element") throw this.bad("is cut off: the file ends inside it");
    if (this.state !== "after")
      throw new StepFailure("BadInput", `${this.name} is cut off after row ${this.row}: the closing ] is missing.`);
  }

  private between(letter: string): void {
    if (this.state === "before" && letter === "[") this.state = "first";
    else if ((this.state === "first" || this.state === "comma") && letter === "]") this.state = "after";
    else if (this.state === "comma" && letter === ",") this.state = "next";
    else if (this.state === "first" || this.state === "next") {
      this.row++;
      if (letter !== "{") throw this.bad("is not an object");
      this.state = "element";
    } else
      throw new StepFailure(
        "BadInput",
        `${this.name} has ${JSON.stringify(letter)} after row ${this.row}, where ${this.state === "after" ? "the file should end" : "a comma or ] is needed"}.`,
      );
  }

  /** Does this character close the element? */
  private closes(letter: string): boolean {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (letter === "\\") this.escaped = true;
      else if (letter === '"') this.inString = false;
    } else if (letter === '"') this.inString = true;
    else if (letter === "{" || letter === "[") this.depth++;
    else if (letter === "}" || letter === "]") return --this.depth === 0;
    return false;
  }
}
