import { StepFailure } from "../failure.ts";
import { readGivenPair } from "../preference/given-pairs.ts";
import type { PairRow } from "../preference/rows.ts";
import { jsonRows } from "./adapters/json-rows.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "./problems.ts";

export interface LoadedPairs {
  readonly pairs: readonly PairRow[];
  /** The row of each pair, counted from 1. */
  readonly rows: readonly number[];
}

/**
 * Reads all pairs of a file of the user's own, without a look at any image.
 * @param path absolute
 * @param name the file as the recipe names it
 * @throws {StepFailure} BadInput naming the first bad row; `details` are the RowProblems (at most 100)
 */
export async function loadPairs(path: string, name: string): Promise<LoadedPairs> {
  const pairs: PairRow[] = [];
  const rows: number[] = [];
  const problems: RowProblem[] = [];
  for await (const each of jsonRows(path, name)) {
    const read = "problem" in each ? each : { row: each.row, ...readGivenPair(each.value, each.row) };
    if ("problem" in read) problems.push(read);
    else {
      pairs.push(read.pair);
      rows.push(read.row);
    }
    if (problems.length === MAX_PROBLEMS) break;
  }
  if (problems.length > 0) throw rowFailure(name, problems);
  if (pairs.length === 0) throw new StepFailure("BadInput", `${name} has no pairs.`);
  return { pairs, rows };
}
