import type { Question } from "../question.ts";
import type { ReadExamples } from "./example.ts";
import { type Problem, textOf } from "./fields.ts";

/** Two things of which a row says which is the better one, as an adapter has found them. */
export interface Compared {
  readonly id: string;
  /** Two images that are compared; or those that two answers are about. */
  readonly images: readonly string[];
  /** The caption that the images were made for, or the question that was answered. */
  readonly question: unknown;
  /** What the question's field is called, for sentences. */
  readonly field: string;
  /** The two answers, where it is answers that are compared. */
  readonly answers?: readonly unknown[] | undefined;
  /** Which is better, counted from 1. */
  readonly better: 1 | 2;
  readonly type?: string | undefined;
  readonly source?: string | undefined;
}

/**
 * A comparison as an item of a benchmark: its truth is the sentence that the benchmark `pairwise` wants, in the order of
 * the row. Pairs of one caption are not independent, so that is what resampling keeps together.
 */
export function comparisonOf(row: Compared): ReadExamples<Question> {
  const { id, images, field, better, type, source } = row;
  const fail = ({ problem }: Problem): Problem => ({ id, problem });
  const question = textOf(field, row.question);
  if ("problem" in question) return fail(question);
  const candidates: string[] = [];
  for (const [at, given] of (row.answers ?? []).entries()) {
    const answer = textOf(`answer ${at + 1}`, given);
    if ("problem" in answer) return fail(answer);
    candidates.push(answer.text);
  }
  const noun = row.answers ? "Answer" : "Image";
  const item: Question = {
    id,
    images,
    question: question.text,
    ...(row.answers && { candidates }),
    answer: `${noun} ${better} is better`,
    question_type: type ?? "all",
    scene: row.answers ? images[0]! : question.text,
    ...(source !== undefined && { source }),
  };
  return { examples: [item] };
}

/** "1", 1, "first", "left", "A" and the like: which of the two; undefined for everything else. */
export function placeOf(value: unknown): 1 | 2 | undefined {
  const said = typeof value === "string" ? value.trim().toLowerCase() : value;
  if (FIRST.includes(said)) return 1;
  return SECOND.includes(said) ? 2 : undefined;
}

const FIRST: readonly unknown[] = [1, 1n, "1", "first", "left", "a"];
const SECOND: readonly unknown[] = [2, 2n, "2", "second", "right", "b"];

/** A label of a row, where it has one. */
export function labelOf(value: unknown): string | undefined {
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}
