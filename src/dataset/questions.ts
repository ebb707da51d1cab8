import { StepFailure } from "../failure.ts";
import { fileRows } from "./adapters/rows.ts";
import type { Question } from "./question.ts";
import { readRow, ROW_FIELDS, type ReadRow, type RowFormat } from "./row.ts";
import { adapterOf, type DataSetName } from "./sets/index.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "./problems.ts";

/** A row of a file of questions: its question, or what is wrong with it. */
export type QuestionRow = { readonly row: number; readonly question: Question } | RowProblem;

/** Where a file of questions is and how it is read. */
export interface QuestionFile {
  /** Absolute. */
  readonly path: string;
  /** As the recipe names it, for messages. */
  readonly name: string;
  /** Of a data set with rows of its own, only "auto" reads those: the others name a shape. */
  readonly format: RowFormat;
  /** The data set whose rows these are, where it has rows of its own. */
  readonly set?: DataSetName;
}

/** The questions of a file, one at a time, each id once; rows that cannot be used come with their problem. */
export async function* questionRows(file: QuestionFile): AsyncGenerator<QuestionRow> {
  const rowOf = new Map<string, number>();
  const same = sameTexts();
  for await (const { row, ...understood } of understoodRows(file)) {
    if ("problem" in understood) {
      yield { row, ...understood };
      continue;
    }
    const { id } = understood.question;
    const before = rowOf.get(id);
    if (before === undefined) yield { row, question: same(understood.question) };
    else yield { row, id, problem: `row ${before} has the same id; ids name folders and must differ` };
    if (before === undefined) rowOf.set(id, row);
  }
}

/** Rows as their shape is read: a benchmark's own, or anybody's. */
async function* understoodRows({ path, name, format, set }: QuestionFile): AsyncGenerator<Understood> {
  const own = set !== undefined && format === "auto" ? adapterOf(set) : undefined;
  const read = own?.as.item;
  const rows = own
    ? fileRows(path, name, own.fields, { format: set!, images: own.imageFields })
    : fileRows(path, name, ROW_FIELDS);
  for await (const each of rows) {
    const { row } = each;
    if ("problem" in each) yield each;
    else if (read === undefined) yield { row, ...readRow(each.value, format) };
    else if (!isObject(each.value)) yield { row, problem: "it is not an object" };
    else {
      const found = read(each.value, row);
      if ("problem" in found) yield { row, ...found };
      else for (const question of found.examples) yield { row, question };
    }
  }
}

type Understood = { readonly row: number } & ReadRow;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface LoadedQuestions {
  readonly questions: readonly Question[];
  /** The row of each question, counted from 1. */
  readonly rows: readonly number[];
}

/**
 * Reads all questions of a file.
 * @throws {StepFailure} BadInput naming the first bad row; `details` are the RowProblems (at most 100)
 */
export async function loadQuestions(file: QuestionFile): Promise<LoadedQuestions> {
  const questions: Question[] = [];
  const rows: number[] = [];
  const problems: RowProblem[] = [];
  try {
    for await (const read of questionRows(file)) {
      if ("problem" in read) problems.push(read);
      else {
        questions.push(read.question);
        rows.push(read.row);
      }
      if (problems.length === MAX_PROBLEMS) break;
    }
  } catch (error) {
    // Of a file that is broken in a row and then breaks off, the row is what to look at first.
    if (problems.length === 0) throw error;
  }
  if (problems.length > 0) throw rowFailure(file.name, problems);
  if (questions.length === 0) throw new StepFailure("BadInput", `${file.name} has no questions.`);
  return { questions, rows };
}

/** Names and families repeat by the thousand; every row would bring a copy of its own. */
function sameTexts(): (question: Question) => Question {
  const known = new Map<string, string>();
  const one = (text: string): string => {
    const found = known.get(text);
    if (found === undefined) known.set(text, text);
    return found ?? text;
  };
  return (question) => ({
    ...question,
    images: question.images.map(one),
    question_type: one(question.question_type),
    scene: one(question.scene),
  });
}
