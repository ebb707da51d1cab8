import { StepFailure } from "../../failure.ts";
import { jsonRows } from "./json-rows.ts";
import { bytesColumn, isParquet, openParquet, type Parquet, readParquet } from "./parquet.ts";
import type { Row } from "./row-cutter.ts";
import { IMAGE_FIELDS } from "../row.ts";

/** Rows of a data set of the field, as src/dataset/sets names it. */
export interface RowsOf {
  readonly format: string;
  /** Where they name their images. */
  readonly images: readonly string[];
}

/**
 * The rows of a data file, one at a time: a JSON array, JSON Lines or parquet, told apart by what is in it.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @param fields what is wanted of a row; parquet files are read by column
 * @param of left out: rows of questions
 * @throws {StepFailure} BadInput where reading cannot go on
 */
export async function* fileRows(
  file: string,
  name: string,
  fields: readonly string[],
  of?: RowsOf,
): AsyncGenerator<Row> {
  if (await isParquet(file, name)) yield* parquetRows(file, name, fields, of);
  else if (name.endsWith(".parquet")) throw new StepFailure("BadInput", `${name} is no parquet file; fetch it again.`);
  else yield* jsonRows(file, name);
}

/**
 * The rows of a parquet file, a row group at a time; of its columns only those that are asked for.
 * @param file absolute path
 * @param name the file as the user wrote it, for messages
 * @throws {StepFailure} BadInput for a damaged file, and for images that are bytes in it
 */
export async function* parquetRows(
  file: string,
  name: string,
  fields: readonly string[],
  of?: RowsOf,
): AsyncGenerator<Row> {
  const parquet = await openParquet(file, name);
  const column = bytesColumn(parquet, of?.images ?? IMAGE_FIELDS);
  if (column !== undefined) {
    const [how, beside] = of ? [` --format ${of.format}`, "rows.jsonl"] : ["", "questions.jsonl"];
    throw new StepFailure(
      "BadInput",
      `${name} holds the images themselves (in the column ${column}), where file names are needed; ` +
        `\`bin/snowball data unpack ${name}${how} --to FOLDER\` writes them as files, with ${beside} beside them.`,
    );
  }
  let row = 0;
  for (const [from, to] of rowGroups(parquet)) {
    for (const value of await readParquet(parquet, { from, to, columns: fields })) yield { row: ++row, value };
  }
}

/** The first row of every row group, and the one after its last. Lists are decoded by the group or not at all. */
export function* rowGroups({ metadata }: Parquet): Iterable<[from: number, to: number]> {
  let from = 0;
  for (const group of metadata.row_groups) {
    const to = from + Number(group.num_rows);
    yield [from, to];
    from = to;
  }
}
