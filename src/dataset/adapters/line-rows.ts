import { StepFailure } from "../../failure.ts";
import { type Row, RowCutter } from "./row-cutter.ts";

/** A file that is one large object: maybe some plain values, then a key with a list of objects, which are its rows. */
const WRAPPER = /^\{\s*(?:"[^"]*"\s*:\s*(?:"[^"]*"|[\w.+-]+)\s*,\s*)*"([^"\\]+)"\s*:\s*\[\s*\{/;

/** What rows have and wrappers do not. */
const OF_A_ROW: readonly string[] = ["id", "question", "image", "images"];

/** A line is a row; blank lines are none. */
export class LineRows extends RowCutter {
  private first = true;
  private readonly wrapper: string | undefined;

  /** @param head the first characters of the file */
  constructor(name: string, head: string) {
    super(name);
    this.wrapper = WRAPPER.exec(head)?.[1];
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
    const broken = "problem" in row;
    if (!broken && OF_A_ROW.some((field) => Object.hasOwn(Object(row.value) as object, field))) return row;
    if (this.wrapper !== undefined) {
      throw new StepFailure(
        "BadInput",
        `${this.name} is one object with its rows under "${this.wrapper}"; the rows alone are needed, as an array or a line each.`,
      );
    }
    return broken ? this.bad(`${row.problem}; JSON Lines (a row on each line) or a JSON array of rows is needed`) : row;
  }
}
