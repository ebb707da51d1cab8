import { turnsOf } from "../../preference/pair-shapes.ts";
import { letterOf, readOptions, withOptions } from "../options.ts";
import type { DataSet, Fields, Task, TaskKind } from "./example.ts";
import { given, idOf, imagesIn, type Problem, questionOf, textOf } from "./fields.ts";

const IMAGES = ["image", "images", "image_path"];
const CHOICES = ["choices", "options"];

/** One question of a row with its answer. */
interface Asked {
  readonly id: string;
  readonly image: readonly string[];
  readonly prompt: string;
  readonly answer: string;
  /** The question without its options; the texts of those, where it has any. */
  readonly question: string;
  readonly options: readonly string[] | undefined;
}

/**
 * Questions and answers about pictures, as SpatialVLM (arXiv 2401.12168) makes them, in the shapes that people publish
 * them in: {image, question, answer}, with choices or without; {image, conversations: [{from, value}]}; {images,
 * messages: [{role, content}]}. Every question of a conversation is an example of its own, without the turns before it;
 * its id is the row's with its place.
 */
export const spatialQa: DataSet = {
  fields: ["id", ...IMAGES, "question", ...CHOICES, "answer", "conversations", "messages", "kind", "type", "source"],
  imageFields: IMAGES,
  labels: ["kind", "type", "source"],
  as: {
    demonstration(row, number) {
      const read = askedIn(row, number);
      if ("problem" in read) return read;
      return { examples: read.asked.map(({ id, image, prompt, answer }) => ({ id, image, prompt, answer })) };
    },
    task(row, number) {
      const read = askedIn(row, number);
      if ("problem" in read) return read;
      const tasks: Task[] = [];
      for (const each of read.asked) {
        const task = taskOf(each, row);
        if ("problem" in task) return { id: each.id, problem: task.problem };
        tasks.push(task);
      }
      return { examples: tasks };
    },
  },
};

function askedIn(row: Fields, number: number): { readonly asked: readonly Asked[] } | Problem {
  const id = idOf(row, number);
  const fail = ({ problem }: Problem): Problem => ({ id, problem });
  const images = imagesIn(row, IMAGES);
  if ("problem" in images) return fail(images);
  const field = ["conversations", "messages"].find((name) => given(row[name]));
  const pairs = field === undefined ? [[row["question"], row["answer"]] as const] : pairsIn(field, row[field]);
  if ("problem" in pairs) return fail(pairs);
  const options = field === undefined ? optionsIn(row) : undefined;
  if (options !== undefined && "problem" in options) return fail(options);
  const asked: Asked[] = [];
  for (const [place, [said, replied]] of pairs.entries()) {
    const question = questionOf("question", said);
    if ("problem" in question) return fail(question);
    const answer = textOf("answer", numberAsText(replied));
    if ("problem" in answer) return fail(answer);
    const letter = options && letterOf(answer.text, options.texts);
    if (letter && "problem" in letter) return fail({ problem: `answer ${letter.problem}` });
    asked.push({
      id: pairs.length === 1 ? id : `${id}-${place}`,
      image: images.names,
      prompt: options ? withOptions(question.text, options.texts) : question.text,
      answer: letter?.letter ?? answer.text,
      question: question.text,
      options: options?.texts,
    });
  }
  return { asked };
}

/** The turns of a conversation, in pairs of question and answer. */
function pairsIn(field: string, value: unknown): (readonly [string, string])[] | Problem {
  const turns = turnsOf(value);
  if (typeof turns === "string") return { problem: `${field} ${turns}` };
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at < turns.length; at += 2) {
    const [user, assistant] = [turns[at]!, turns[at + 1]];
    if (user.role !== "user" || assistant?.role !== "assistant") {
      return { problem: `${field} has no answer behind each question: turns of user and assistant are needed in turn` };
    }
    pairs.push([user.text, assistant.text]);
  }
  return pairs.length === 0 ? { problem: `${field} has no turns` } : pairs;
}

function optionsIn(row: Fields): { readonly texts: readonly string[] } | Problem | undefined {
  const field = CHOICES.find((name) => given(row[name]));
  return field === undefined ? undefined : readOptions(field, row[field]);
}

function numberAsText(value: unknown): unknown {
  return typeof value === "bigint" || Number.isFinite(value) ? String(value) : value;
}

const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
const COUNTS = /\bhow many\b|\bnumber of\b|\bcount\b/i;
const STATED: ReadonlyMap<unknown, TaskKind> = new Map([
  ["counting", "counting"],
  ["count", "counting"],
  ["spatial", "spatial"],
]);

/**
 * What kind of task a question is. A row's own word goes first: `kind` or `type`, "counting" or "count", or "spatial".
 * Else it counts when the question asks how many, for the number of something, or to count, and the truth is a whole
 * number, in digits or as a word up to ten, alone. A distance ("3 metres", "1.5") is no count. With options the truth
 * is a letter, which no count is.
 */
function taskOf({ options, question, answer, ...asked }: Asked, row: Fields): Task | Problem {
  const { id, image, prompt } = asked;
  const count = wholeNumberIn(answer);
  const stated = STATED.get(row["kind"]) ?? STATED.get(row["type"]);
  const counts =
    stated === undefined ? !options && count !== undefined && COUNTS.test(question) : stated === "counting";
  if (!counts) return { id, image, prompt, truth: answer, kind: "spatial" };
  if (options) return { problem: "it counts, but has options, whose truth is a letter; one of the two has to go" };
  if (count === undefined) return { problem: `it counts, but its answer ${JSON.stringify(answer)} is no whole number` };
  return { id, image, prompt, truth: count, kind: "counting" };
}

/** "3", "Three.", "03": the number in digits; undefined for everything else. */
function wholeNumberIn(answer: string): string | undefined {
  const said = answer.toLowerCase().replace(/[.!]$/, "").trim();
  if (/^\d{1,15}$/.test(said)) return String(Number(said));
  const place = WORDS.indexOf(said);
  return place < 0 ? undefined : String(place);
}
