import { StepFailure } from "../../failure.ts";
import { jsonRows } from "./json-rows.ts";
import { isParquet } from "./parquet.ts";
import { parquetRows } from "./parquet-rows.ts";
import type { Row } from "./row-cutter.ts";

/**
 * The rows of a data file, one at a time: a JSON array, JSON Lines or parquet, told apart by what is in it.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @param fields what is wanted of a row; parquet files are read by column
 * @throws {StepFailure} BadInput where reading cannot go on
 */
export async function* fileRows(file: string, name: string, fields: readonly string[]): AsyncGenerator<Row> {
  if (await isParquet(file, name)) yield* parquetRows(file, name, fields);
  else if (name.endsWith(".parquet")) throw new StepFailure("BadInput", `${name} is no parquet file; fetch it again.`);
  else yield* jsonRows(file, name);
}
