import { join } from "node:path";
import { StepFailure } from "../../failure.ts";
import type { Row } from "../adapters/row-cutter.ts";
import { fileRows } from "../adapters/rows.ts";
import type { ImageOwners } from "../import-images.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "../problems.ts";
import type { DataSet, ExampleKind, ExampleReader, Examples, Fields } from "./example.ts";
import { adapterOf } from "./index.ts";

/** Where examples are, as a recipe names it: relative to the root. */
export interface ExampleSource {
  readonly path: string;
  /** The data set whose rows these are. */
  readonly format: string;
  /** Read no further than so many examples, in the file's order. */
  readonly limit?: number | undefined;
}

/** An example with its row, counted from 1; or what is wrong with a row. */
export type ExampleRow<K extends ExampleKind> = { readonly row: number; readonly example: Examples[K] } | RowProblem;

/** What the examples of a kind are for, in words. */
export const PURPOSE: Readonly<Record<ExampleKind, string>> = {
  demonstration: "demonstrations for SFT",
  preference: "preferences for DPO",
  task: "tasks with a truth for GRPO",
  item: "items of a benchmark",
};

/**
 * The examples of a file, one at a time, each id once; rows that cannot be used come with their problem.
 * @throws {StepFailure} BadInput where reading cannot go on, and for a data set that has nothing of this kind
 */
export function readExamples<K extends ExampleKind>(
  root: string,
  { path, format, limit }: ExampleSource,
  kind: K,
): AsyncGenerator<ExampleRow<K>> {
  return examplesIn({ path: join(root, path), name: path, format, limit }, kind);
}

/** As readExamples, of a file by its absolute path; `name` is what sentences call it. */
export async function* examplesIn<K extends ExampleKind>(
  { path, name, format, limit = Infinity }: ExampleSource & { readonly name: string },
  kind: K,
): AsyncGenerator<ExampleRow<K>> {
  const set = adapterOf(format);
  const read = readerOf(set, format, kind);
  const rowOf = new Map<string, number>();
  let taken = 0;
  const rows = fileRows(path, name, set.fields, { format, images: set.imageFields });
  for await (const each of set.groupedBy === undefined ? rows : together(rows, set.groupedBy)) {
    if (taken >= limit) return;
    if ("problem" in each) {
      yield each;
      continue;
    }
    const { row, value } = each;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      yield { row, problem: "it is not an object" };
      continue;
    }
    const found = read(value as Fields, row);
    if ("problem" in found) {
      yield { row, ...found };
      continue;
    }
    for (const example of found.examples) {
      const before = rowOf.get(example.id);
      if (before !== undefined)
        yield { row, id: example.id, problem: `row ${before} has the same id; ids must differ` };
      else if (taken < limit) {
        rowOf.set(example.id, row);
        taken++;
        yield { row, example };
      }
    }
  }
}

/** Rows that are one: held until the last is read, because they may lie apart. The row is the first one's. */
async function* together(rows: AsyncIterable<Row>, field: string): AsyncGenerator<Row> {
  const groups = new Map<unknown, { readonly row: number; readonly rows: unknown[] }>();
  for await (const each of rows) {
    const key = "problem" in each ? undefined : (each.value as Fields | null)?.[field];
    if ("problem" in each) yield each;
    else if (key === undefined || key === null) yield { row: each.row, problem: `${field} is missing` };
    else {
      const known = groups.get(key);
      if (known) known.rows.push(each.value);
      else groups.set(key, { row: each.row, rows: [each.value] });
    }
  }
  for (const { row, rows: own } of groups.values()) yield { row, value: { rows: own } };
}

function readerOf<K extends ExampleKind>(set: DataSet, format: string, kind: K): ExampleReader<Examples[K]> {
  const read = set.as[kind];
  if (read) return read;
  const has = (Object.keys(set.as) as ExampleKind[]).map((each) => PURPOSE[each]).join(" and ");
  throw new StepFailure("BadInput", `${format} has no ${PURPOSE[kind]}; it has ${has}.`);
}

export interface LoadedExamples<K extends ExampleKind> {
  readonly examples: readonly Examples[K][];
  /** The row of each example, counted from 1. */
  readonly rows: readonly number[];
}

/**
 * Reads all examples of a file.
 * @throws {StepFailure} BadInput naming the first bad row; `details` are the RowProblems (at most 100)
 */
export async function loadExamples<K extends ExampleKind>(
  root: string,
  source: ExampleSource,
  kind: K,
): Promise<LoadedExamples<K>> {
  const examples: Examples[K][] = [];
  const rows: number[] = [];
  const problems: RowProblem[] = [];
  for await (const each of readExamples(root, source, kind)) {
    if ("problem" in each) problems.push(each);
    else {
      examples.push(each.example);
      rows.push(each.row);
    }
    if (problems.length === MAX_PROBLEMS) break;
  }
  if (problems.length > 0) throw rowFailure(source.path, problems);
  if (examples.length === 0) throw new StepFailure("BadInput", `${source.path} has no ${PURPOSE[kind]}.`);
  return { examples, rows };
}

/** Who names images, for importImages and checkImages. */
export function ownersOf<K extends Exclude<ExampleKind, "item">>(
  name: string,
  { examples, rows }: LoadedExamples<K>,
): ImageOwners {
  return { name, rows, questions: examples.map(({ id, image }) => ({ id, images: image })) };
}
