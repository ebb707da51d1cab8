import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sync } from "../../artifact/disk.ts";
import { writeJsonLines } from "../../artifact/files.ts";
import { StepFailure } from "../../failure.ts";
import { fewAtATime } from "../../few-at-a-time.ts";
import { extensionOf } from "../../image/extension.ts";
import { bytesOf, IMAGES_FOLDER, LONGEST_PACKED } from "../adapters/packed-rows.ts";
import { jsonRows } from "../adapters/json-rows.ts";
import { bytesColumn, isParquet, openParquet, readParquet } from "../adapters/parquet.ts";
import { rowGroups } from "../adapters/rows.ts";
import type { Row } from "../adapters/row-cutter.ts";
import type { ImageFetcher } from "../fetch/fetch-image.ts";
import type { DataSet, Fields } from "./example.ts";

/** The rows with names of files where their images were; and those that are left out. */
export const ROWS_FILE = "rows.jsonl";
export const FAILED_FILE = "failed.jsonl";

/** Rows that are worked on before any of them is written: first few, so that a host without a network is noticed. */
const FIRST_BATCH = 32;
const BATCH = 512;

export interface LayOutOptions {
  /** Of the files together, in their order. */
  readonly limit?: number | undefined;
  /** Fetches images of the web; without one, addresses stay what they are. */
  readonly fetcher?: ImageFetcher;
  /** Rows that are worked on at once. */
  readonly atOnce: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, failed: number) => void;
}

/** A row that is left out, a line of failed.jsonl. */
export interface FailedRow {
  /** The file as the user named it, and its row, counted from 1. */
  readonly file: string;
  readonly row: number;
  readonly url?: string;
  /** As the end of a sentence that begins with the address, or with the row. */
  readonly problem: string;
}

export interface LaidOut {
  readonly rows: number;
  readonly images: number;
  readonly failed: readonly FailedRow[];
}

/**
 * Writes the images of a data set as files into images/, and its rows beside them, in their own shape, with the files'
 * names in `image`. A row without an id gets its number among all rows, so that it keeps it whoever else is left out.
 * rows.jsonl is there when all is done; images that are there from before are not fetched again.
 * @param files as the user named them, the parts of one data set
 * @param folder absolute
 * @throws {StepFailure} Infrastructure where no host can be reached at all
 */
export async function layOut(
  files: readonly string[],
  folder: string,
  set: DataSet,
  options: LayOutOptions,
): Promise<LaidOut> {
  await mkdir(join(folder, IMAGES_FOLDER), { recursive: true });
  const failed: FailedRow[] = [];
  const images = new Set<string>();
  const draft = join(folder, `${ROWS_FILE}.part`);
  let ever = false;

  async function* written(): AsyncGenerator<object> {
    let done = 0;
    for await (const batch of batches(files, set, options.limit)) {
      let reached = false;
      const laid = await fewAtATime(batch, options.atOnce, (each) => layOutRow(each, folder, set, options));
      for (const each of laid) {
        done++;
        if ("problem" in each) {
          const { reached: answered, ...row } = each;
          failed.push(row);
          reached ||= answered;
        } else {
          for (const name of each.images) images.add(name);
          reached = true;
          yield each.row;
        }
      }
      options.onProgress(done, failed.length);
      // A last batch may be one dead link.
      if (!reached && (!ever || batch.length >= FIRST_BATCH)) throw unreachable(failed.at(-batch.length)!);
      ever ||= reached;
    }
  }

  const rows = await writeJsonLines(draft, written());
  const failures = join(folder, FAILED_FILE);
  if (failed.length > 0) await writeJsonLines(failures, failed);
  else await rm(failures, { force: true });
  await rename(draft, join(folder, ROWS_FILE));
  await sync(folder);
  return { rows, images: images.size, failed };
}

function unreachable({ url, problem }: FailedRow): StepFailure {
  return new StepFailure(
    "Infrastructure",
    `No host can be reached, the next of them by ${url}, which ${problem}; ` +
      "type it again where there is a network. Nothing that is there is fetched twice.",
  );
}

/** A row with where it is: in its file, and among all rows. */
interface Placed {
  readonly file: string;
  readonly place: number;
  readonly read: Row;
}

async function* batches(files: readonly string[], set: DataSet, limit = Infinity): AsyncGenerator<readonly Placed[]> {
  let batch: Placed[] = [];
  let size = FIRST_BATCH;
  let place = 0;
  for (const file of files) {
    if (place >= limit) break;
    for await (const read of rawRows(file, set)) {
      batch.push({ file, place: ++place, read });
      if (batch.length === size || place >= limit) {
        yield batch;
        batch = [];
        size = BATCH;
      }
      if (place >= limit) break;
    }
  }
  if (batch.length > 0) yield batch;
}

/** Rows as they are, their images included: parquet with bytes or without, JSON with base64 or without. */
async function* rawRows(file: string, set: DataSet): AsyncGenerator<Row> {
  if (!(await isParquet(file, file))) {
    yield* jsonRows(file, file, LONGEST_PACKED);
    return;
  }
  const parquet = await openParquet(file, file);
  const packed = bytesColumn(parquet, set.imageFields);
  const texts = set.fields.filter((field) => field !== packed);
  let row = 0;
  for (const [from, to] of rowGroups(parquet)) {
    const values = await readParquet(parquet, { from, to, columns: texts });
    const raw = packed && (await readParquet(parquet, { from, to, columns: [packed], raw: true }));
    for (const [at, value] of values.entries()) {
      yield { row: ++row, value: packed && raw ? { ...value, [packed]: raw[at]![packed] } : value };
    }
  }
}

type LaidRow =
  | { readonly row: object; readonly images: readonly string[] }
  | (FailedRow & { readonly reached: boolean });

async function layOutRow(
  { file, place, read }: Placed,
  folder: string,
  set: DataSet,
  { fetcher, signal }: LayOutOptions,
): Promise<LaidRow> {
  const fail = (problem: string, more: { url?: string; reached?: boolean } = {}) => ({
    file,
    row: read.row,
    ...(more.url !== undefined && { url: more.url }),
    problem,
    reached: more.reached ?? true,
  });
  if ("problem" in read) return fail(read.problem);
  if (typeof read.value !== "object" || read.value === null || Array.isArray(read.value))
    return fail("it is not an object");
  const row = read.value as Fields;
  const images: string[] = [];
  const field = set.imageFields.find((name) => row[name] !== undefined && row[name] !== null);
  const entries = field === undefined ? [] : listOf(row[field]);
  const packed = entries.map(bytesOf);
  const urls = fetcher ? addressesIn(row, entries, set) : [];
  if (packed.some((bytes) => bytes !== undefined)) {
    for (const [index, bytes] of packed.entries()) {
      const extension = bytes && (await extensionOf(bytes));
      if (!bytes || extension === undefined) {
        return fail(
          `images[${index}] ${bytes ? "is no image that models read; PNG or JPEG is needed" : "has no bytes"}`,
        );
      }
      const name = `${IMAGES_FOLDER}/${String(place).padStart(6, "0")}_${index}.${extension}`;
      await writeFile(join(folder, name), bytes);
      images.push(name);
    }
  } else if (fetcher) {
    for (const url of urls) {
      const fetched = await fetcher(url, signal);
      if ("problem" in fetched) return fail(fetched.problem, { url, reached: fetched.reached });
      images.push(`${IMAGES_FOLDER}/${fetched.name}`);
    }
  }
  return { row: rowWith(row, images, field, set, place), images };
}

/** The addresses of a row's images: where they stand for the images, or where the data set has them. */
function addressesIn(row: Fields, entries: readonly unknown[], { addressField }: DataSet): string[] {
  const texts = entries.filter((entry): entry is string => typeof entry === "string");
  if (texts.length > 0 && texts.every((text) => text.includes("://"))) return texts;
  const address = addressField === undefined ? undefined : row[addressField];
  return typeof address === "string" && address !== "" ? [address] : [];
}

/** The row's own fields that are known, with its images' names in `image` where it has any, and an id. */
function rowWith(
  row: Fields,
  images: readonly string[],
  field: string | undefined,
  set: DataSet,
  place: number,
): object {
  const kept = set.fields
    .filter((name) => row[name] !== undefined && row[name] !== null && !(images.length > 0 && name === field))
    .map((name) => [name, exact(row[name])] as const);
  const known = Object.fromEntries(kept) as Record<string, unknown>;
  const numbered = known["id"] === undefined && known["idx"] === undefined ? { id: String(place) } : {};
  const named = images.length === 0 ? {} : { image: images.length === 1 ? images[0] : images };
  return { ...numbered, ...known, ...named };
}

/** Whole numbers of 64 bits as JSON can hold them. */
function exact(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, exact(each)]));
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
