import { behindMarkers, isTorn, markerIn } from "../prompt/markers.ts";
import { readImageNames } from "./image-names.ts";
import { type Options, readOptions, withOptions } from "./options.ts";
import type { Question } from "./question.ts";
import { PLACE_FIELDS, readTruth, TRUTH_FIELDS } from "./truth.ts";

/**
 * Bytes of an id as UTF-8: it becomes a folder's name, of which file systems take 255, and an image's, to which its
 * place, an ending and, while it is written, a mark of some 45 bytes are added.
 */
const MAX_ID_BYTES = 200;

/** The family of questions whose data names none. */
const NO_TYPE = "all";

/** Where rows name their images. */
export const IMAGE_FIELDS = ["images", "image", "local_images"];
/** Where rows have their options. */
const OPTION_FIELDS = ["options", "choices"];

/** What is read of a row. */
export const ROW_FIELDS = [
  "id",
  ...IMAGE_FIELDS,
  "question",
  ...OPTION_FIELDS,
  ...TRUTH_FIELDS,
  ...PLACE_FIELDS,
  "question_type",
  "type",
  "scene",
];

/**
 * Where a row names its images: `mmsi` in images or local_images, `plain` in image, `auto` in whichever there is, in
 * this order: images, image, local_images. In all of them that is a file name or a list of them.
 */
export const ROW_FORMATS = ["auto", "mmsi", "plain"] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

export function isRowFormat(name: string): name is RowFormat {
  return (ROW_FORMATS as readonly string[]).includes(name);
}

const FIELDS_OF: Readonly<Record<RowFormat, readonly string[]>> = {
  auto: IMAGE_FIELDS,
  mmsi: ["images", "local_images"],
  plain: ["image"],
};

/** A question, or the sentence that says what is wrong with its row. */
export type ReadRow = { readonly question: Question } | { readonly id?: string; readonly problem: string };

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads a row: id (text or whole number), images (names relative to image_root), question, and, where the data has
 * them, options, the true answer, question_type and scene. Other fields are left alone.
 */
export function readRow(value: unknown, format: RowFormat = "auto"): ReadRow {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "it is not an object" };
  const row = value as Row;
  const id = Number.isSafeInteger(row["id"]) || typeof row["id"] === "bigint" ? String(row["id"]) : row["id"];
  if (typeof id !== "string") return { problem: "id is missing; a text or a whole number is needed" };
  const read = readBody(row, format);
  const problem = idProblem(id) ?? ("problem" in read ? read.problem : undefined);
  return problem === undefined ? { question: { id, ...(read as Omit<Question, "id">) } } : { id, problem };
}

function readBody(row: Row, format: RowFormat): Omit<Question, "id"> | { readonly problem: string } {
  const [first] = FIELDS_OF[format];
  const field = FIELDS_OF[format].find((name) => given(row[name])) ?? first!;
  const images = readImageNames(field, row[field]);
  if ("problem" in images) return images;
  const asked = askedIn(row["question"], images.names.length);
  if ("problem" in asked) return asked;
  const options = optionsOf(row);
  if (options && "problem" in options) return options;
  const found = readTruth(row, options?.texts);
  if ("problem" in found) return found;
  // MMSI-Bench's JSON has other names than its parquet; elsewhere `type` may mean anything.
  const family = row["question_type"] ?? (given(row["local_images"]) ? row["type"] : undefined);
  const problem = labelProblem("question_type", family) ?? labelProblem("scene", row["scene"]) ?? tornProblem(found);
  if (problem !== undefined) return { problem };
  return {
    images: images.names,
    question: options ? withOptions(asked.text, options.texts) : asked.text,
    ...(found.truth !== undefined && { answer: found.truth }),
    question_type: given(family) ? String(family) : NO_TYPE,
    scene: given(row["scene"]) ? String(row["scene"]) : images.names[0]!,
  };
}

/** Parquet files and some writers of JSON say null for what is absent. */
function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function idProblem(id: string): string | undefined {
  if (id === "" || id !== id.trim()) return "id is empty or has white space at its ends";
  const bytes = Buffer.byteLength(id);
  if (bytes > MAX_ID_BYTES) return `id has ${bytes} bytes; it names a folder, and at most ${MAX_ID_BYTES} are possible`;
  if (/[/\\\p{Cc}]/u.test(id) || id.startsWith(".") || id.includes("..")) {
    return "id names a folder: no slash, no control character, no dot in front and no .. is possible";
  }
  return isTorn(id) ? "id has half a character in it" : undefined;
}

function askedIn(question: unknown, images: number): { readonly text: string } | { readonly problem: string } {
  if (typeof question !== "string" || question.trim() === "") return { problem: "question is missing or empty" };
  const read = behindMarkers(question, images);
  if ("problem" in read) return { problem: `question ${read.problem}` };
  const text = read.text.trim();
  if (text === "") return { problem: "question is missing or empty" };
  const token = markerIn(text);
  if (token !== undefined)
    return { problem: `question has the marker ${token}; images and turns are added by themselves` };
  return isTorn(text) ? { problem: "question has half a character in it" } : { text };
}

function optionsOf(row: Row): Options | undefined {
  const [field, other] = OPTION_FIELDS.filter((name) => given(row[name]));
  if (field === undefined) return undefined;
  if (other !== undefined) return { problem: `both ${field} and ${other} are there; one of them is needed` };
  const options = readOptions(field, row[field]);
  if ("problem" in options) return options;
  const marked = options.texts.map(markerIn).find((token) => token !== undefined);
  if (marked !== undefined) return { problem: `${field} has the marker ${marked}; images belong into images` };
  return options.texts.some(isTorn) ? { problem: `${field} has half a character in it` } : options;
}

function tornProblem({ truth }: { readonly truth: string | undefined }): string | undefined {
  return truth !== undefined && isTorn(truth) ? "answer has half a character in it" : undefined;
}

function labelProblem(field: string, label: unknown): string | undefined {
  if (!given(label) || Number.isFinite(label) || typeof label === "bigint") return undefined;
  if (typeof label !== "string" || label === "")
    return `${field} is no text or empty; leave it out where there is none`;
  return isTorn(label) ? `${field} has half a character in it` : undefined;
}
