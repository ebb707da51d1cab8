import { StepFailure } from "../failure.ts";

/** Something that a run would be refused for. */
export interface DataProblem {
  /** As the recipe names it. */
  readonly file: string;
  /** Counted from 1; absent where the file as a whole is meant. */
  readonly row?: number;
  readonly id?: string;
  /** All of it, for a person. */
  readonly sentence: string;
}

/** Called with every problem as it is found. */
export type Report = (problem: DataProblem) => void;

/** The result of a check that throws what it finds; undefined when it found something, which is reported instead. */
export function reporting<T>(file: string, report: Report, check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    reportFailure(file, report, error);
    return undefined;
  }
}

/** Reports bad input, and throws every other error. */
export function reportFailure(file: string, report: Report, error: unknown): void {
  if (!(error instanceof StepFailure) || error.type !== "BadInput") throw error;
  report({ file, sentence: error.message });
}

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
