import { StepFailure } from "../failure.ts";
import { fileRows } from "./adapters/rows.ts";
import type { Question } from "./question.ts";
import { isRowFormat, readRow, ROW_FIELDS, type RowFormat } from "./row.ts";
import type { DataSetName } from "./sets/index.ts";
import { examplesIn } from "./sets/read.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "./problems.ts";

/** A row of a file of questions: its question, or what is wrong with it. */
export type QuestionRow = { readonly row: number; readonly question: Question } | RowProblem;

/** Where a file of questions is and how it is read. */
export interface QuestionFile {
  /** Absolute. */
  readonly path: string;
  /** As the recipe names it, for messages. */
  readonly name: string;
  /** Where a row of questions names its images; or the data set of the field whose rows these are. */
  readonly format: RowFormat | DataSetName;
  /** The data set of its own that a benchmark has, whose rows "auto" stands for. */
  readonly set?: DataSetName;
}

/** The questions of a file, one at a time, each id once; rows that cannot be used come with their problem. */
export async function* questionRows({ path, name, format: wanted, set }: QuestionFile): AsyncGenerator<QuestionRow> {
  const format = wanted === "auto" && set !== undefined ? set : wanted;
  if (isRowFormat(format)) yield* plainRows(path, name, format);
  else {
    for await (const each of examplesIn({ path, name, format }, "item"))
      yield "problem" in each ? each : { row: each.row, question: each.example };
  }
}

async function* plainRows(path: string, name: string, format: RowFormat): AsyncGenerator<QuestionRow> {
  const rowOf = new Map<string, number>();
  const same = sameTexts();
  for await (const read of fileRows(path, name, ROW_FIELDS)) {
    const { row } = read;
    if ("problem" in read) {
      yield read;
      continue;
    }
    const understood = readRow(read.value, format);
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
