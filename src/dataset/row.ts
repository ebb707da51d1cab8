import type { Question } from "./question.ts";

/** Characters: an id becomes a folder's name. */
const MAX_ID = 120;

/** Markers that would become image or control tokens in a prompt. Images go into `images`. */
const CONTROL_TOKEN = /<image>|<video>|<\|[a-z_]+\|>/i;

/** The family of questions whose data names none. */
const NO_TYPE = "all";

/** What is read of a row. */
export const ROW_FIELDS = ["id", "images", "image", "question", "answer", "question_type", "scene"];

/**
 * Where a row names its images: `mmsi` in images, `plain` in image, `auto` in images or, where there is none, in image.
 * In all of them that is a file name or a list of them.
 */
export type RowFormat = "auto" | "mmsi" | "plain";

/** A question, or the sentence that says what is wrong with its row. */
export type ReadRow = { readonly question: Question } | { readonly id?: string; readonly problem: string };

/**
 * Reads a row: id (text or whole number), images or image (names relative to image_root), question, and, where the
 * data has them, answer, question_type and scene. Other fields are left alone.
 */
export function readRow(value: unknown, format: RowFormat = "auto"): ReadRow {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "it is not an object" };
  const row = value as Record<string, unknown>;
  const id = Number.isSafeInteger(row.id) || typeof row.id === "bigint" ? String(row.id) : row.id;
  if (typeof id !== "string") return { problem: "id is missing; a text or a whole number is needed" };
  const field = imagesField(row, format);
  const images = typeof row[field] === "string" ? [row[field]] : row[field];
  const problem =
    idProblem(id) ??
    imagesProblem(field, images) ??
    questionProblem(row.question) ??
    answerProblem(row.answer) ??
    labelProblem("question_type", row.question_type) ??
    labelProblem("scene", row.scene);
  if (problem !== undefined) return { id, problem };
  const names = images as string[];
  return {
    question: {
      id,
      images: names,
      question: (row.question as string).trim(),
      ...(given(row.answer) ? { answer: String(row.answer).trim() } : {}),
      question_type: given(row.question_type) ? String(row.question_type) : NO_TYPE,
      scene: given(row.scene) ? String(row.scene) : names[0]!,
    },
  };
}

/** Parquet files and some writers of JSON say null for what is absent. */
function given(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function imagesField(row: Record<string, unknown>, format: RowFormat): "images" | "image" {
  if (format === "auto") return !given(row.images) && given(row.image) ? "image" : "images";
  return format === "plain" ? "image" : "images";
}

function idProblem(id: string): string | undefined {
  if (id === "" || id !== id.trim()) return "id is empty or has white space at its ends";
  if (id.length > MAX_ID) return `id has ${id.length} characters; at most ${MAX_ID} are possible`;
  if (/[/\\\p{Cc}]/u.test(id) || id.startsWith(".") || id.includes("..")) {
    return "id names a folder: no slash, no control character, no dot in front and no .. is possible";
  }
  return undefined;
}

function imagesProblem(field: string, images: unknown): string | undefined {
  if (!Array.isArray(images) || images.length === 0)
    return `${field} is missing or empty; a file name or a list of them is needed`;
  for (const [index, name] of images.entries()) {
    if (typeof name !== "string" || name === "") return `${field}[${index}] is not a file name`;
    if (name.includes("://")) return `${field}[${index}] "${name}" is an address; a file under image_root is needed`;
    if (/^(?:\/|\\|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes("..")) {
      return `${field}[${index}] "${name}" leaves image_root; a name relative to it is needed`;
    }
    if (/[\\\p{Cc}]/u.test(name))
      return `${field}[${index}] ${JSON.stringify(name)} has a backslash or a control character`;
  }
  return undefined;
}

function questionProblem(question: unknown): string | undefined {
  if (typeof question !== "string" || question.trim() === "") return "question is missing or empty";
  const token = CONTROL_TOKEN.exec(question)?.[0];
  return token && `question has the marker ${token}; images belong into images, in their order`;
}

function answerProblem(answer: unknown): string | undefined {
  if (!given(answer) || isNumber(answer) || (typeof answer === "string" && answer.trim() !== "")) return undefined;
  return "answer is no text or empty; leave it out where there is none";
}

function labelProblem(field: string, label: unknown): string | undefined {
  if (!given(label) || isNumber(label) || (typeof label === "string" && label !== "")) return undefined;
  return `${field} is no text or empty; leave it out where there is none`;
}

function isNumber(value: unknown): boolean {
  return Number.isFinite(value) || typeof value === "bigint";
}
