import type { ImportedQuestion, Question } from "../dataset/question.ts";
import type { Completion } from "../model/vlm/backend.ts";
import type { Verdict } from "./benchmark.ts";

/** `unparseable`: no answer could be read, which is wrong too, but another fault. `quarantined`: nothing was measured. */
export const STATUSES = ["right", "wrong", "unparseable", "quarantined"] as const;
export type AnswerStatus = (typeof STATUSES)[number];

/** One answer as it was given, or why there is none. `draw` is its number where several were sampled. */
export type AnsweredRow = { readonly id: string; readonly policy: string; readonly draw?: number } & (
  | { readonly text: string; readonly finish: Completion["finish"]; readonly prompt_digest: string }
  | { readonly reason: string }
);

/** One judged answer, a line of answers.jsonl. */
export interface JudgedRow {
  readonly id: string;
  /** The item's scene: what is resampled together. */
  readonly group: string;
  readonly type: string;
  readonly truth: string;
  readonly policy: string;
  /** Its number, where several answers to the item were sampled. */
  readonly draw?: number;
  /** Null where the model was lost at it, with `finish` and `prompt_digest`. */
  readonly text: string | null;
  readonly finish: Completion["finish"] | null;
  readonly prompt_digest: string | null;
  /** What the judge read; null when nothing that can be an answer is in the text. */
  readonly said: string | null;
  readonly status: AnswerStatus;
  /** Why the model was lost at it. */
  readonly reason?: string;
}

export function judgeRow(
  item: ImportedQuestion,
  answer: AnsweredRow,
  judge: (item: Question, text: string) => Verdict,
): JudgedRow {
  const { id, scene: group, question_type: type, answer: truth = "" } = item;
  const { policy, draw } = answer;
  const about = { id, group, type, truth, policy, ...(draw !== undefined && { draw }) };
  if ("reason" in answer) {
    const nothing = { text: null, finish: null, prompt_digest: null, said: null };
    return { ...about, ...nothing, status: "quarantined", reason: answer.reason };
  }
  const { text, finish, prompt_digest } = answer;
  const { said, correct } = judge(item, text);
  const status = correct ? "right" : said === null ? "unparseable" : "wrong";
  return { ...about, text, finish, prompt_digest, said, status };
}

/** Answers by status; they add up to all of them. */
export function statusCounts(rows: readonly Pick<JudgedRow, "status">[]): Record<AnswerStatus, number> {
  const counts = { right: 0, wrong: 0, unparseable: 0, quarantined: 0 };
  for (const { status } of rows) counts[status]++;
  return counts;
}
