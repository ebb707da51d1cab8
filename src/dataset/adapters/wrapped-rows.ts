import { StepFailure } from "../../failure.ts";
import { ArrayRows } from "./json-rows.ts";
import { MAX_ROW_LENGTH, type Row } from "./row-cutter.ts";
import { textOf } from "./text.ts";

/** Characters before the rows: descriptions and licences of a data set are shorter. */
const LONGEST_HEAD = 1_000_000;

/**
 * The rows of a JSON file that is one object with a list of them under `key`, one at a time: such files have hundreds of
 * megabytes. Whatever else is in the object is left alone.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @throws {StepFailure} BadInput where reading cannot go on: cut off, not UTF-8, of another shape, or not there
 */
export async function* wrappedRows(file: string, name: string, key: string): AsyncGenerator<Row> {
  const opening = new RegExp(`"${key}"\\s*:\\s*(?=\\[)`);
  let head = "";
  let rows: ArrayRows | undefined;
  for await (const text of textOf(file, name)) {
    if (rows) yield* rows.take(text);
    else {
      head += text;
      const found = opening.exec(head);
      if (found) {
        rows = new ArrayRows(name, MAX_ROW_LENGTH, "anything");
        yield* rows.take(head.slice(found.index + found[0].length));
      } else if (head.length > LONGEST_HEAD) break;
    }
  }
  if (!rows) throw new StepFailure("BadInput", `${name} has no list under "${key}"; the official file is needed.`);
  yield* rows.end();
}
