import { StepFailure } from "../../failure.ts";
import { type Row, RowCutter } from "./row-cutter.ts";

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
