import { ArrayRows } from "./array-rows.ts";
import { LineRows } from "./line-rows.ts";
import { MAX_ROW_LENGTH, type Row, type RowCutter } from "./row-cutter.ts";
import { textOf } from "./text.ts";

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
