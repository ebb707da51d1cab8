import { MAX_ROW_LENGTH, type Row, RowCutter } from "./row-cutter.ts";
import { textOf } from "./text.ts";
import { StepFailure } from "../../failure.ts";

/**
 * The rows of a JSON array or of a JSON Lines file (told apart by the first character), one at a time.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @param longest characters of a row
 * @throws {StepFailure} BadInput where reading cannot go on: cut off, not UTF-8, of another shape, or not there
 */
export async function* jsonRows(file: string, name: string, longest = MAX_ROW_LENGTH): AsyncGenerator<Row> {
  let rows: RowCutter | undefined;
  for await (const text of textOf(file, name)) {
    const head = text.trimStart();
    if (head !== "") rows ??= head.startsWith("[") ? new ArrayRows(name, longest) : new LineRows(name, longest, head);
    if (rows) yield* rows.take(text);
  }
  if (rows) yield* rows.end();
}

/** An element of the array is a row. Follows brackets and strings only; what is between them is JSON.parse's affair. */
export class ArrayRows extends RowCutter {
  private state: "before" | "first" | "comma" | "next" | "element" | "after" = "before";
  private depth = 0;
  private inString = false;
  private escaped = false;
  private readonly then: "nothing" | "anything";

  /** @param then what may follow the array */
  constructor(name: string, longest: number, then: "nothing" | "anything" = "nothing") {
    super(name, longest);
    this.then = then;
  }

  *take(text: string): Iterable<Row> {
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const letter = text[at]!;
      if (this.state !== "element") {
        if (/\s/.test(letter)) continue;
        if (this.state === "after" && this.then === "anything") return;
        this.between(letter);
        start = at;
      }
      if (this.state === "element" && this.closes(letter)) {
        this.keep(text.slice(start, at + 1));
        this.state = "comma";
        yield this.finish()!;
      }
    }
    if (this.state === "element") this.keep(text.slice(start));
  }

  // eslint-disable-next-line require-yield -- an array has no row left at its end
  *end(): Iterable<Row> {
    if (this.state === "element") throw this.broken(`, row ${this.row}: it is cut off: the file ends inside it`);
    if (this.state !== "after") throw this.broken(` is cut off after row ${this.row}: the closing ] is missing`);
  }

  private between(letter: string): void {
    if (this.state === "before" && letter === "[") this.state = "first";
    else if ((this.state === "first" || this.state === "comma") && letter === "]") this.state = "after";
    else if (this.state === "comma" && letter === ",") this.state = "next";
    else if (this.state === "first" || this.state === "next") {
      this.row++;
      if (letter !== "{") throw this.broken(`, row ${this.row}: it is not an object`);
      this.state = "element";
    } else {
      if (letter === "\0")
        throw this.broken(` has zero bytes after row ${this.row}, as if it was not written to its end`);
      const wanted = this.state === "after" ? "the file should end" : "a comma or ] is needed";
      throw this.broken(` has ${JSON.stringify(letter)} after row ${this.row}, where ${wanted}`);
    }
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

  /** The file as a whole cannot be read on: nobody knows where the next row begins. */
  private broken(what: string): StepFailure {
    return new StepFailure("BadInput", `${this.name}${what}.`);
  }
}

/** A file that is one large object: maybe some plain values, then a key with a list of objects, which are its rows. */
const WRAPPER = /^\{\s*(?:"[^"]*"\s*:\s*(?:"[^"]*"|[\w.+-]+)\s*,\s*)*"([^"\\]+)"\s*:\s*\[\s*\{/;

/** A file that is one large object with a column under each name: a list of values, or values by their row's number. */
const COLUMNS = /^\{\s*"(?:id|question|answer|question_type|prompt|chosen)"\s*:\s*(?:\[\s*["\d-]|\{\s*"0")/;

/** What rows have and wrappers do not. */
const OF_A_ROW = ["id", "question", "image", "images", "prompt", "chosen", "messages", "conversations", "instruction"];

/** A line is a row; blank lines are none. */
export class LineRows extends RowCutter {
  private first = true;
  private readonly head: string;

  /** @param head the first characters of the file */
  constructor(name: string, longest: number, head: string) {
    super(name, longest);
    this.head = head;
  }

  *take(text: string): Iterable<Row> {
    const lines = text.split("\n");
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      this.keep(line);
      yield* this.line();
    }
    this.keep(rest);
  }

  *end(): Iterable<Row> {
    yield* this.line();
  }

  private *line(): Iterable<Row> {
    this.row++;
    const row = this.finish();
    if (row === undefined) return;
    yield this.first ? this.checkedFirst(row) : row;
    this.first = false;
  }

  /** The first line tells a file of another shape, of which every line would be refused. */
  private checkedFirst(row: Row): Row {
    const value: unknown = "problem" in row ? undefined : row.value;
    if ("problem" in row ? COLUMNS.test(this.head) : inColumns(value)) {
      throw this.otherShape(
        'with a column under each name; rows are needed: an array of objects, or one on each line (pandas writes them with orient="records")',
      );
    }
    if (OF_A_ROW.some((field) => Object.hasOwn(Object(value) as object, field))) return row;
    const wrapper = WRAPPER.exec(this.head)?.[1] ?? listIn(value);
    if (wrapper !== undefined) {
      throw this.otherShape(`with its rows under "${wrapper}"; the rows alone are needed, as an array or a line each`);
    }
    if (!("problem" in row)) return row;
    return this.bad(`${row.problem}; JSON Lines (a row on each line) or a JSON array of rows is needed`);
  }

  private otherShape(what: string): StepFailure {
    return new StepFailure("BadInput", `${this.name} is one object ${what}.`);
  }
}

/** Are there several ids or questions where a row has one? */
function inColumns(value: unknown): boolean {
  const { id, question } = Object(value) as { id?: unknown; question?: unknown };
  return [id, question].some((column) => typeof column === "object" && column !== null && Object.hasOwn(column, "0"));
}

/** The first name of an object under which there is a list of objects. */
function listIn(value: unknown): string | undefined {
  const lists = Object.entries(Object(value) as object).filter(([, list]) => Array.isArray(list));
  return lists.find(([, list]) => typeof (list as unknown[])[0] === "object")?.[0];
}
