import { StepFailure } from "../../failure.ts";
import { extensionOf } from "../../image/extension.ts";
import type { Question } from "../question.ts";
import { readRow, ROW_FIELDS } from "../row.ts";
import type { RowProblem } from "../row-problems.ts";
import { bytesColumn, type Parquet, readParquet } from "./parquet.ts";
import { IMAGE_COLUMNS, rowGroups } from "./parquet-rows.ts";

/** Folder of the images, where questions.jsonl lies. */
export const IMAGES_FOLDER = "images";

/** A question of which the images come along, by the names that it gives them; or what is wrong with its row. */
export type PackedRow =
  | { readonly row: number; readonly question: Question; readonly images: readonly Uint8Array[] }
  | RowProblem;

/**
 * The rows of a parquet file that holds its images as bytes, or as {bytes, path}; a row group at a time.
 * @param ids that were there before, in other parts of the data set too
 */
export async function* packedRows(parquet: Parquet, ids: Set<string>): AsyncGenerator<PackedRow> {
  const column = bytesColumn(parquet, IMAGE_COLUMNS);
  if (column === undefined) {
    throw new StepFailure(
      "BadInput",
      `${parquet.name} holds no images (no bytes in a column ${IMAGE_COLUMNS.join(" or ")}); name it as data.path as it is.`,
    );
  }
  const texts = ROW_FIELDS.filter((field) => !IMAGE_COLUMNS.includes(field));
  let row = 0;
  for (const [from, to] of rowGroups(parquet)) {
    const values = await readParquet(parquet, { from, to, columns: texts });
    const images = await readParquet(parquet, { from, to, columns: [column], raw: true });
    for (const [at, value] of values.entries()) {
      const read = { row: ++row, ...(await unpacked(value, images[at]![column])) };
      if ("problem" in read) yield read;
      else if (ids.has(read.question.id)) yield { row, id: read.question.id, problem: "another row has the same id" };
      else yield read;
      if ("question" in read) ids.add(read.question.id);
    }
  }
}

/** Names the images after the question's id and their place, as the scripts of MMSI-Bench do. */
async function unpacked(row: Record<string, unknown>, column: unknown) {
  const images: (Uint8Array | undefined)[] = (Array.isArray(column) ? column : [column]).map(bytesOf);
  // Read before they have names, which take its id.
  const read = readRow({ ...row, images: images.map((_, index) => `${index}`) });
  if ("problem" in read) return read;
  const { id } = read.question;
  const names: string[] = [];
  for (const [index, bytes] of images.entries()) {
    const extension = bytes && (await extensionOf(bytes));
    if (extension === undefined) {
      const what = bytes ? "is no image that models read; PNG or JPEG is needed" : "has no bytes";
      return { id, problem: `images[${index}] ${what}` };
    }
    names.push(`${IMAGES_FOLDER}/${id}_${index}.${extension}`);
  }
  const scene = row["scene"] === undefined || row["scene"] === null ? names[0]! : read.question.scene;
  return { question: { ...read.question, images: names, scene }, images: images as Uint8Array[] };
}

function bytesOf(image: unknown): Uint8Array | undefined {
  if (image instanceof Uint8Array) return image;
  if (typeof image !== "object" || image === null || !("bytes" in image)) return undefined;
  return image.bytes instanceof Uint8Array ? image.bytes : undefined;
}
