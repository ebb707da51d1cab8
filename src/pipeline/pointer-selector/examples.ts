import { join } from "node:path";
import { readAllJsonLines } from "../../artifact/files.ts";
import type { ArtifactStore } from "../../artifact/store.ts";
import type { ArtifactRef } from "../../contract/artifact.ts";
import { fileRows } from "../../dataset/adapters/rows.ts";
import { MAX_PROBLEMS, rowFailure, type RowProblem } from "../../dataset/problems.ts";
import type { ImportedQuestion, Question } from "../../dataset/question.ts";
import { readRow, ROW_FIELDS } from "../../dataset/row.ts";
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

/**
 * Reads a set of examples: rows as every data set has them, and `answers`, a list of texts or of {answer: text}, as VQA's
 * annotations have it. A row with `answer` alone was answered by one.
 * @param file absolute path; `name` as the recipe has it
 * @throws {StepFailure} BadInput naming the first row that cannot be used
 */
export async function loadExamples(file: string, name: string): Promise<LoadedExamples> {
  const examples: Example<Question>[] = [];
  const rows: number[] = [];
  const problems: RowProblem[] = [];
  const known = new Set<string>();
  for await (const read of fileRows(file, name, [...ROW_FIELDS, "answers"])) {
    const found = "problem" in read ? read : exampleOf(read.value);
    if ("problem" in found) problems.push({ ...found, row: read.row });
    else if (known.has(found.id))
      problems.push({ row: read.row, id: found.id, problem: "another row has the same id" });
    else {
      known.add(found.id);
      examples.push(found);
      rows.push(read.row);
    }
    if (problems.length === MAX_PROBLEMS) break;
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
  const texts = Array.isArray(said) ? said.map(textOf) : [];
  if (texts.length === 0) return { id, problem: "neither answers nor an answer is there" };
  if (!texts.every((text) => text !== undefined && text.trim() !== "")) {
    return { id, problem: "answers has an entry that is no text or empty" };
  }
  const answers = texts as string[];
  return { ...read.question, answer: answer ?? mostSaid(answers), answers };
}

function textOf(entry: unknown): string | undefined {
  const text: unknown = typeof entry === "object" && entry !== null ? (entry as { answer?: unknown }).answer : entry;
  return typeof text === "string" ? text : undefined;
}

/** The first of those that most people said. */
function mostSaid(answers: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const each of answers) counts.set(each, (counts.get(each) ?? 0) + 1);
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
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
