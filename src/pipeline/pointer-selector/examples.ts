import { join } from "node:path";
import { readAllJsonLines } from "../../artifact/files.ts";
import type { ArtifactStore } from "../../artifact/store.ts";
import type { ArtifactRef } from "../../contract/artifact.ts";
import { fileRows } from "../../dataset/adapters/rows.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "../../dataset/problems.ts";
import type { ImportedQuestion, Question } from "../../dataset/question.ts";
import { readRow, ROW_FIELDS } from "../../dataset/row.ts";
import { answersIn, mostSaid, officialRows } from "../../dataset/sets/vqa.ts";
import { StepFailure } from "../../failure.ts";
import { remembering } from "../../run/recipe-file.ts";

/** A question with everything that people answered to it; `answer` is what most of them said. */
export type Example<Q extends Question = ImportedQuestion> = Q & {
  readonly answer: string;
  readonly answers: readonly string[];
};

export interface LoadedExamples {
  readonly examples: readonly Example<Question>[];
  /** The row of each, counted from 1. */
  readonly rows: readonly number[];
}

/** Where a set of examples is, relative to the root. */
export interface ExampleSet {
  readonly path: string;
  /** VQA's official annotations; `path` is then the official questions. */
  readonly annotations?: string | undefined;
  /** The first so many; all where it is left out. */
  readonly limit?: number | undefined;
}

/**
 * Reads a set of examples: rows as every data set has them, and `answers`, a list of texts or of {answer: text}. A row
 * with `answer` alone was answered by one. VQAv2's and OK-VQA's official pairs of files are read as they are.
 * @throws {StepFailure} BadInput naming the first row that cannot be used
 */
export async function loadExamples(
  root: string,
  { path: name, annotations, limit = Infinity }: ExampleSet,
): Promise<LoadedExamples> {
  const named = (path: string) => ({ file: join(root, path), name: path });
  const read =
    annotations === undefined
      ? fileRows(join(root, name), name, [...ROW_FIELDS, "answers"])
      : officialRows(named(name), named(annotations));
  const examples: Example<Question>[] = [];
  const rows: number[] = [];
  const problems: RowProblem[] = [];
  const known = new Set<string>();
  for await (const each of read) {
    const found = "problem" in each ? each : exampleOf(each.value);
    if ("problem" in found) problems.push({ ...found, row: each.row });
    else if (known.has(found.id))
      problems.push({ row: each.row, id: found.id, problem: "another row has the same id" });
    else {
      known.add(found.id);
      examples.push(found);
      rows.push(each.row);
    }
    if (problems.length === MAX_PROBLEMS || examples.length === limit) break;
  }
  if (problems.length > 0) throw rowFailure(name, problems);
  if (examples.length === 0) throw new StepFailure("BadInput", `${name} has no questions.`);
  return { examples, rows };
}

function exampleOf(value: unknown): Example<Question> | Omit<RowProblem, "row"> {
  const read = readRow(value);
  if ("problem" in read) return read;
  const { id, answer } = read.question;
  const said = (value as Record<string, unknown>)["answers"] ?? (answer === undefined ? undefined : [answer]);
  const given = answersIn(said);
  if ("problem" in given) return { id, problem: given.problem };
  return { ...read.question, answer: answer ?? mostSaid(given.texts), answers: given.texts };
}

/** The three sets of a run. */
export interface Sets {
  readonly pool: readonly Example[];
  readonly queries: readonly Example[];
  readonly test: readonly Example[];
}

export const SET_NAMES = ["pool", "queries", "test"] as const;

const sets = remembering<Sets>();

/** The sets that an artifact of examples holds, read once per process. */
export function readSets(store: ArtifactStore, examples: ArtifactRef): Promise<Sets> {
  return sets(examples.sha256, async () => {
    const folder = await store.open(examples);
    const [pool, queries, test] = await Promise.all(
      SET_NAMES.map((name) => readAllJsonLines<Example>(join(folder, `${name}.jsonl`))),
    );
    return { pool: pool!, queries: queries!, test: test! };
  });
}

/** Places in the pool that a query may be shown: not itself, and nothing about a picture of its own. */
export function allowedFor(query: Example, pool: readonly Example[]): number[] {
  const own = new Set(query.image_digests);
  return pool.flatMap(({ id, image_digests: shown }, at) =>
    id === query.id || shown.some((digest) => own.has(digest)) ? [] : [at],
  );
}
