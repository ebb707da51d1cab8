import { ArrayRows } from "./array-rows.ts";
import { LineRows } from "./line-rows.ts";
import type { Row, RowCutter } from "./row-cutter.ts";
import { textOf } from "./text.ts";

/**
 * The rows of a JSON array or of a JSON Lines file (told apart by the first character), one at a time.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @throws {StepFailure} BadInput where reading cannot go on: cut off, not UTF-8, of another shape, or not there
 */
export async function* jsonRows(file: string, name: string): AsyncGenerator<Row> {
  let rows: RowCutter | undefined;
  for await (const text of textOf(file, name)) {
    const head = text.trimStart();
    if (head !== "") rows ??= head.startsWith("[") ? new ArrayRows(name) : new LineRows(name, head);
    if (rows) yield* rows.take(text);
  }
  if (rows) yield* rows.end();
}
