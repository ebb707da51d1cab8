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
