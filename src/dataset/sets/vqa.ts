import type { Row } from "../adapters/row-cutter.ts";
import { wrappedRows } from "../adapters/wrapped-rows.ts";
import { StepFailure } from "../../failure.ts";
import type { DataSet, Fields } from "./example.ts";
import { idOf, imagesIn, type Problem, questionOf } from "./fields.ts";

const IMAGES = ["image", "images"];

/** How COCO calls a picture: its number with twelve digits. */
const DIGITS = 12;
/** COCO's parts, as the names of the official files say them. */
const PART = /(?:train|val)2014|test2015/;

/**
 * VQAv2 (arXiv 1612.00837) and OK-VQA (arXiv 1906.00067) as the hub has them: a row is {question_id, image, question,
 * answers}, ten of which people gave, as texts or as {answer}.
 */
export const vqa: DataSet = {
  fields: ["id", "question_id", ...IMAGES, "question", "answers", "question_type", "answer_type"],
  imageFields: IMAGES,
  labels: ["question_type", "answer_type"],
  as: {
    demonstration(row, number) {
      const id = idOf(row, number, "question_id" in row ? "question_id" : "id");
      const fail = ({ problem }: Problem): Problem => ({ id, problem });
      const question = questionOf("question", row["question"]);
      if ("problem" in question) return fail(question);
      const answers = answersIn(row["answers"]);
      if ("problem" in answers) return fail(answers);
      const images = imagesIn(row, IMAGES);
      if ("problem" in images) return fail(images);
      return { examples: [{ id, image: images.names, prompt: question.text, answer: mostSaid(answers.texts) }] };
    },
  },
};

/** What people answered: texts, or objects with `answer`, as the annotations have them. */
export function answersIn(value: unknown): { readonly texts: readonly string[] } | Problem {
  const texts = Array.isArray(value) ? value.map(textIn) : [];
  if (texts.length === 0) return { problem: "neither answers nor an answer is there" };
  if (!texts.every((text) => text !== undefined && text.trim() !== "")) {
    return { problem: "answers has an entry that is no text or empty" };
  }
  return { texts: texts as string[] };
}

function textIn(entry: unknown): string | undefined {
  const text: unknown = typeof entry === "object" && entry !== null ? (entry as { answer?: unknown }).answer : entry;
  return typeof text === "string" ? text : undefined;
}

/** The first of those that most people said. */
export function mostSaid(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const each of answers) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/** A file, and what the user calls it. */
interface Named {
  readonly file: string;
  readonly name: string;
}

/**
 * The rows of the official files: questions under "questions", and under "annotations" what people answered, joined by
 * question_id. A row is {id, image, question, answers, question_type}; images are called as in COCO, whose part the
 * questions' file name says.
 * @throws {StepFailure} BadInput where a file is of another shape
 */
export async function* officialRows(questions: Named, annotations: Named): AsyncGenerator<Row> {
  const part = PART.exec(questions.name)?.[0];
  if (part === undefined) {
    throw new StepFailure(
      "BadInput",
      `${questions.name}: its name does not say which part of COCO its pictures are in; keep the official one (…_train2014_questions.json).`,
    );
  }
  const answered = await annotationsIn(annotations);
  for await (const read of wrappedRows(questions.file, questions.name, "questions")) {
    yield "problem" in read ? read : joined(read.row, read.value as Fields, answered, part);
  }
}

interface Annotation {
  readonly image: unknown;
  readonly answers: readonly string[] | Problem;
  readonly type: unknown;
}

async function annotationsIn({ file, name }: Named): Promise<Map<unknown, Annotation>> {
  const found = new Map<unknown, Annotation>();
  for await (const read of wrappedRows(file, name, "annotations")) {
    if ("problem" in read) throw new StepFailure("BadInput", `${name}, annotation ${read.row}: ${read.problem}.`);
    const { question_id: id, image_id: image, answers, question_type: type } = read.value as Fields;
    const given = answersIn(answers);
    if (found.has(id)) throw new StepFailure("BadInput", `${name} has two annotations for the question ${String(id)}.`);
    found.set(id, { image, answers: "problem" in given ? given : given.texts, type });
  }
  return found;
}

function joined(row: number, question: Fields, answered: ReadonlyMap<unknown, Annotation>, part: string): Row {
  const { question_id: number, image_id: image } = question;
  if (!Number.isSafeInteger(number) || !Number.isSafeInteger(image)) {
    return { row, problem: "question_id and image_id are needed, as whole numbers" };
  }
  const id = String(number);
  const annotation = answered.get(number);
  if (annotation === undefined) return { row, problem: `no annotation has its question_id (${id})` };
  if (annotation.image !== image)
    return { row, problem: `its annotation is about the image ${String(annotation.image)}` };
  const { answers, type } = annotation;
  if ("problem" in answers) return { row, problem: `of its annotation, ${answers.problem}` };
  const name = `COCO_${part}_${String(image).padStart(DIGITS, "0")}.jpg`;
  return { row, value: { id, image: name, question: question["question"], answers, question_type: type } };
}
