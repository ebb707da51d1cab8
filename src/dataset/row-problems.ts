import { StepFailure } from "../failure.ts";

/** What is wrong with a row of a data file, as the end of a sentence that begins with the row. */
export interface RowProblem {
  readonly row: number;
  readonly id?: string;
  readonly problem: string;
}

/** Problems collected before reading stops: a file of another shape would fill the memory with them. */
export const MAX_PROBLEMS = 100;

/** `data/q.json, row 211 (id "s-1893"): images[1] … is truncated.` */
export function rowSentence(name: string, { row, id, problem }: RowProblem): string {
  return `${name}, row ${row}${id === undefined ? "" : ` (id ${JSON.stringify(id)})`}: ${problem}.`;
}

/**
 * The first problem as a sentence, how many rows more have one, and what lists them.
 * @param name the file as the recipe names it
 */
export function rowFailure(name: string, problems: readonly RowProblem[]): StepFailure {
  const [first, ...more] = problems;
  if (!first) throw new RangeError("a failure needs a problem");
  const count = `${problems.length >= MAX_PROBLEMS ? "At least " : ""}${more.length} more`;
  const have = more.length === 1 ? "row has a problem" : "rows have problems";
  const others =
    more.length === 0 ? "" : `\n${count} ${have}; \`bin/snowball data check\` on the recipe lists all of them.`;
  return new StepFailure("BadInput", rowSentence(name, first) + others, { details: problems });
}
