import type { AnswerRow } from "../../../preference/rows.ts";
import type { Observation } from "../../../statistics/bootstrap.ts";

/** The arm of the policy's own greedy plan; reference views are arms under their names. */
export const POLICY_ARM = "policy";
/** The arm without any view. */
export const NO_VIEW_ARM = "no_view";

/** 1 for a right answer, 0 for a wrong one; quarantined answers are left out. */
export function correctness(rows: readonly AnswerRow[]): Observation[] {
  return observe(rows, (row) => row.correct);
}

/** 1 for a view that shows what is asked; left out where the executor cannot know. */
export function usefulness(rows: readonly AnswerRow[]): Observation[] {
  return observe(rows, (row) => row.useful);
}

/** null for no observation. */
export function meanOf(observations: readonly Observation[]): number | null {
  if (observations.length === 0) return null;
  return observations.reduce((sum, row) => sum + row.value, 0) / observations.length;
}

function observe(rows: readonly AnswerRow[], value: (row: AnswerRow) => boolean | null): Observation[] {
  return rows.flatMap((row) => {
    const said = value(row);
    return said === null ? [] : [{ id: row.question_id, group: row.scene, value: Number(said) }];
  });
}
