import { isPacked } from "../image-names.ts";
import { StepFailure } from "../../failure.ts";
import { extensionOf } from "../../image/extension.ts";
import type { Question } from "../question.ts";
import { IMAGE_FIELDS, readRow, ROW_FIELDS } from "../row.ts";
import type { RowProblem } from "../problems.ts";
import { MAX_QUESTION_BYTES } from "./images.ts";
import { jsonRows } from "./json-rows.ts";
import { bytesColumn, isParquet, openParquet, type Parquet, readParquet } from "./parquet.ts";
import { rowGroups } from "./rows.ts";
import type { Row } from "./row-cutter.ts";

/** What stands before an image in an address of its own. */
const DATA_ADDRESS = /^data:image\/[\w.+-]+;base64,/;

/** The bytes of an image that lies in its row: plain, in base64, or either as {bytes}. Undefined where there are none. */
export function bytesOf(entry: unknown): Uint8Array | undefined {
  if (entry instanceof Uint8Array) return entry;
  if (!isPacked(entry)) return undefined;
  if (typeof entry === "string") return Buffer.from(entry.replace(DATA_ADDRESS, ""), "base64");
  return bytesOf((entry as { readonly bytes: unknown }).bytes);
}

/** Folder of the images, where questions.jsonl lies. */
export const IMAGES_FOLDER = "images";

/** Characters of a row: as many as base64 makes of the most bytes that a question's images may have, and some text. */
export const LONGEST_PACKED = Math.ceil((MAX_QUESTION_BYTES * 4) / 3) + 1_000_000;

/** A question of which the images come along, by the names that it gives them; or what is wrong with its row. */
export type PackedRow =
  | { readonly row: number; readonly question: Question; readonly images: readonly Uint8Array[] }
  | RowProblem;

/** A file whose rows hold their images. */
export interface PackedFile {
  /** As the user wrote it, for messages. */
  readonly name: string;
  /** Where they can be counted without reading them; else 0. */
  readonly rows: number;
  read(): AsyncIterable<Row>;
}

/**
 * Opens a file whose rows hold their images: parquet with bytes, with {bytes, path} or with base64, or JSON with base64.
 * @throws {StepFailure} BadInput for a file without any, and for one that cannot be read
 */
export async function openPacked(name: string): Promise<PackedFile> {
  if (!(await isParquet(name, name))) return { name, rows: 0, read: () => jsonRows(name, name, LONGEST_PACKED) };
  const parquet = await openParquet(name, name);
  const column = bytesColumn(parquet, IMAGE_FIELDS) ?? (await base64Column(parquet));
  if (column === undefined) {
    throw new StepFailure(
      "BadInput",
      `${name} holds no images (no bytes in a column ${IMAGE_FIELDS.join(" or ")}); name it as data.path as it is.`,
    );
  }
  return { name, rows: parquet.rows, read: () => parquetRows(parquet, column) };
}

async function base64Column(parquet: Parquet): Promise<string | undefined> {
  if (parquet.rows === 0) return undefined;
  const [first = {}] = await readParquet(parquet, { from: 0, to: 1, columns: IMAGE_FIELDS });
  return IMAGE_FIELDS.find((field) => entriesOf(first[field]).some(isPacked));
}

async function* parquetRows(parquet: Parquet, column: string): AsyncGenerator<Row> {
  const texts = ROW_FIELDS.filter((field) => !IMAGE_FIELDS.includes(field));
  let row = 0;
  for (const [from, to] of rowGroups(parquet)) {
    const values = await readParquet(parquet, { from, to, columns: texts });
    const images = await readParquet(parquet, { from, to, columns: [column], raw: true });
    for (const [at, value] of values.entries()) yield { row: ++row, value: { ...value, images: images[at]![column] } };
  }
}

/**
 * The rows of a file whose rows hold their images, one at a time.
 * @param ids that were there before, in other parts of the data set too
 */
export async function* packedRows(file: PackedFile, ids: Set<string>): AsyncGenerator<PackedRow> {
  for await (const each of file.read()) {
    if ("problem" in each) {
      yield each;
      continue;
    }
    const read = { row: each.row, ...(await unpacked(each.value)) };
    if ("problem" in read) yield read;
    else if (ids.has(read.question.id)) {
      yield { row: each.row, id: read.question.id, problem: "another row has the same id" };
    } else yield read;
    if ("question" in read) ids.add(read.question.id);
  }
}

/** Names the images after the question's id and their place, as the scripts of MMSI-Bench do. */
async function unpacked(value: unknown) {
  const row = Object(value) as Readonly<Record<string, unknown>>;
  const field = IMAGE_FIELDS.find((name) => row[name] !== undefined && row[name] !== null);
  const entries = entriesOf(field && row[field]);
  const images = entries.map(bytesOf);
  // Read before they have names, which take its id.
  const { image: _, local_images: __, ...rest } = row;
  const read = readRow({ ...rest, images: images.map((_bytes, index) => `${index}`) });
  if ("problem" in read) return read;
  const { id } = read.question;
  const names: string[] = [];
  for (const [index, bytes] of images.entries()) {
    const extension = bytes && (await extensionOf(bytes));
    if (extension === undefined) {
      const name = typeof entries[index] === "string";
      const none = name ? "is a text, where the image itself is needed, in base64" : "has no bytes";
      const what = bytes ? "is no image that models read; PNG or JPEG is needed" : none;
      return { id, problem: `images[${index}] ${what}` };
    }
    names.push(`${IMAGES_FOLDER}/${id}_${index}.${extension}`);
  }
  const scene = row["scene"] === undefined || row["scene"] === null ? names[0]! : read.question.scene;
  return { question: { ...read.question, images: names, scene }, images: images as Uint8Array[] };
}

function entriesOf(column: unknown): unknown[] {
  return Array.isArray(column) ? column : [column];
}
