import { StepFailure } from "../../failure.ts";
import type { Question } from "../question.ts";
import { readRow } from "../row.ts";
import { jsonRows } from "./json-rows.ts";

/** What is wrong with a row of the data. */
export interface RowProblem {
  readonly row: number;
  readonly id?: string;
  readonly problem: string;
}

/** Problems collected before reading stops: a file of another shape would fill the memory with them. */
const MAX_PROBLEMS = 100;

/**
 * Reads questions of the MMSI-Bench shape from a JSON array or JSON Lines, streamed.
 * @param file absolute path
 * @param name the file as the recipe names it, for messages
 * @throws {StepFailure} BadInput naming the first bad row; `details` are the RowProblems (at most 100)
 */
export async function loadQuestions(file: string, name: string): Promise<Question[]> {
  const questions: Question[] = [];
  const problems: RowProblem[] = [];
  const rowOf = new Map<string, number>();
  for await (const { row, value } of jsonRows(file, name)) {
    const read = readRow(value);
    if ("problem" in read) problems.push({ row, ...read });
    else {
      const before = rowOf.get(read.question.id);
      if (before !== undefined) problems.push({ row, id: read.question.id, problem: `row ${before} has the same id` });
      rowOf.set(read.question.id, row);
      questions.push(read.question);
    }
    if (problems.length === MAX_PROBLEMS) break;
  }
  if (problems.length > 0) throw rowFailure(name, problems);
  if (questions.length === 0) throw new StepFailure("BadInput", `${name} has no questions.`);
  return questions;
}

/** The first problem as a sentence, and how many rows more have one. */
export function rowFailure(name: string, problems: readonly RowProblem[]): StepFailure {
  const [first, ...more] = problems;
  if (!first) throw new RangeError("a failure needs a problem");
  const id = first.id === undefined ? "" : ` (id ${JSON.stringify(first.id)})`;
  const others =
    more.length === 0 ? "" : `\n${more.length} more ${more.length === 1 ? "row has a problem" : "rows have problems"}.`;
  return new StepFailure("BadInput", `${name}, row ${first.row}${id}: ${first.problem}.${others}`, {
    details: problems,
  });
}
