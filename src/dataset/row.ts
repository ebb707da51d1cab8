import type { Question } from "./question.ts";

/** Characters: an id becomes a folder's name. */
const MAX_ID = 120;

/** Markers that would become image or control tokens in a prompt. Images go into `images`. */
const CONTROL_TOKEN = /<image>|<video>|<\|[a-z_]+\|>/i;

/** The family of questions whose data names none. */
const NO_TYPE = "all";

/** A question, or the sentence that says what is wrong with its row. */
export type ReadRow = { readonly question: Question } | { readonly id?: string; readonly problem: string };

/**
 * Reads a row of the MMSI-Bench shape: id (text or whole number), images (names relative to image_root), question,
 * and, where the data has them, answer and question_type. Other fields are left alone.
 */
export function readRow(value: unknown): ReadRow {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "it is not an object" };
  const row = value as Record<string, unknown>;
  const id = Number.isSafeInteger(row.id) ? String(row.id) : row.id;
  if (typeof id !== "string") return { problem: "id is missing; a text or a whole number is needed" };
  const problem = idProblem(id) ?? imagesProblem(row.images) ?? questionProblem(row.question) ?? optionalProblem(row);
  if (problem !== undefined) return { id, problem };
  const images = row.images as string[];
  return {
    question: {
      id,
      images,
      question: (row.question as string).trim(),
      ...(typeof row.answer === "string" ? { answer: row.answer.trim() } : {}),
      question_type: typeof row.question_type === "string" ? row.question_type : NO_TYPE,
      scene: images[0]!,
    },
  };
}

function idProblem(id: string): string | undefined {
  if (id === "" || id !== id.trim()) return "id is empty or has white space at its ends";
  if (id.length > MAX_ID) return `id has ${id.length} characters; at most ${MAX_ID} are possible`;
  if (/[/\\\p{Cc}]/u.test(id) || id.startsWith(".") || id.includes("..")) {
    return "id names a folder: no slash, no control character, no dot in front and no .. is possible";
  }
  return undefined;
}

function imagesProblem(images: unknown): string | undefined {
  if (!Array.isArray(images) || images.length === 0)
    return "images is missing or empty; a list of file names is needed";
  for (const [index, name] of images.entries()) {
    if (typeof name !== "string" || name === "") return `images[${index}] is not a file name`;
    if (name.includes("://")) return `images[${index}] "${name}" is an address; a file under image_root is needed`;
    if (/^(?:\/|\\|[a-z]:)/i.test(name) || name.split(/[/\\]/).includes("..")) {
      return `images[${index}] "${name}" leaves image_root; a name relative to it is needed`;
    }
    if (/[\\\p{Cc}]/u.test(name))
      return `images[${index}] ${JSON.stringify(name)} has a backslash or a control character`;
  }
  return undefined;
}

function questionProblem(question: unknown): string | undefined {
  if (typeof question !== "string" || question.trim() === "") return "question is missing or empty";
  const token = CONTROL_TOKEN.exec(question)?.[0];
  return token && `question has the marker ${token}; images belong into images, in their order`;
}

function optionalProblem({ answer, question_type: type }: Record<string, unknown>): string | undefined {
  if (answer !== undefined && answer !== null && (typeof answer !== "string" || answer.trim() === "")) {
    return "answer is no text or empty; leave it out where there is none";
  }
  if (type !== undefined && type !== null && (typeof type !== "string" || type === ""))
    return "question_type is no text or empty";
  return undefined;
}
