import type { ScoreRow } from "../../../contract/measurement.ts";
import type { AnswerRow } from "../../../preference/rows.ts";
import { correctness, meanOf, usefulness } from "./arms.ts";
import { type Resampling, scoresOf } from "../../../statistics/scores.ts";
import type { PolicyScore } from "../contract/rows.ts";

/** How one policy's greedy plans did. Shares are of all its questions; `families` break the score down. */
export interface EvaluationDetail {
  readonly score: PolicyScore;
  readonly status: Readonly<Record<AnswerRow["status"], number>>;
  /** Share of plans that parse (views or empty) among those that are not quarantined; reported apart from sight. */
  readonly validity: number | null;
  readonly families: Readonly<
    Record<string, { readonly questions: number; readonly accuracy: number | null; readonly useful: number | null }>
  >;
}

/** Answers as the gate and every table read them: what was measured on each question. */
export function scoreRows(rows: readonly AnswerRow[], split: string): ScoreRow[] {
  return rows.map(({ question_id: id, scene: group, question_type: type, correct, useful }) => ({
    id,
    group,
    type,
    split,
    scores: { accuracy: correct === null ? null : Number(correct), useful: useful === null ? null : Number(useful) },
  }));
}

/**
 * Accuracy and usefulness of one arm's rows with 95 % intervals.
 * A policy failure has no view: it was answered from the given image alone, and is not useful.
 */
export function summarise(rows: readonly AnswerRow[], options: Resampling): EvaluationDetail {
  const scores = scoresOf(scoreRows(rows, "all"), ["accuracy", "useful"], "all", options);
  const status = { view: 0, empty: 0, policy_failure: 0, quarantined: 0 };
  for (const row of rows) status[row.status]++;
  const valid = status.view + status.empty;
  const judged = valid + status.policy_failure;
  const families = [...Map.groupBy(rows, (row) => row.question_type)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    score: { accuracy: scores["accuracy"] ?? null, useful: scores["useful"] ?? null, questions: rows.length },
    status,
    validity: judged === 0 ? null : valid / judged,
    families: Object.fromEntries(
      families.map(([family, own]) => [
        family,
        { questions: own.length, accuracy: meanOf(correctness(own)), useful: meanOf(usefulness(own)) },
      ]),
    ),
  };
}
