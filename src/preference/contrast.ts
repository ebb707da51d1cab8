import type { LabeledRow, PairKind } from "./rows.ts";

/** Score units. Sums of decimal fractions differ from their threshold in the sixteenth digit: 0.32 − 0.3 is not 0.02. */
const ROUNDING = 1e-9;

export interface GapRules {
  readonly min_score_gap: number;
  readonly below_gap: "keep" | "drop";
  readonly tie_floor: number;
}

/** Two samples of a question with what sets them apart. */
export interface Contrast {
  readonly chosen: LabeledRow;
  readonly rejected: LabeledRow;
  readonly gap: number;
  readonly weak: boolean;
}

export type NoContrast = "unanimous" | "gap" | "too_few" | "quarantined";

/** A sample that was scored. */
type ScoredRow = LabeledRow & { readonly score: number };

export function isScored(row: LabeledRow): row is ScoredRow {
  return row.score !== null;
}

/**
 * The best sample of a question against its worst.
 *
 * Chosen is the highest score that is no policy failure. Rejected is the lowest score whose text differs from the
 * chosen one; an empty plan is never set against another empty plan. Ties go to the lower rollout index.
 *
 * @param rows all samples of one question
 * @returns the contrast; or why there is none: `quarantined` (no sample could be measured), `too_few` (fewer than two
 * were scored), `unanimous` (nothing scores lower), `gap` (under the tie floor, or under min_score_gap with
 * `below_gap: drop`). `best` is the largest gap before any threshold, null where nothing could be compared.
 */
export function contrast(
  rows: readonly LabeledRow[],
  rules: GapRules,
): { readonly found: Contrast | NoContrast; readonly best: number | null } {
  const scored = rows.filter(isScored).toSorted((a, b) => a.rollout - b.rollout);
  if (scored.length < 2) {
    const lost = rows.length > 0 && rows.every((row) => row.status === "quarantined");
    return { found: lost ? "quarantined" : "too_few", best: null };
  }
  const chosen = first(
    scored.filter((row) => row.status !== "policy_failure"),
    (a, b) => a.score > b.score,
  );
  const rejected =
    chosen &&
    first(
      scored.filter((row) => comparable(chosen, row)),
      (a, b) => a.score < b.score,
    );
  if (!chosen || !rejected || chosen.score - rejected.score <= ROUNDING) return { found: "unanimous", best: 0 };

  const gap = chosen.score - rejected.score;
  const weak = gap < rules.min_score_gap - ROUNDING;
  if (gap < rules.tie_floor - ROUNDING || (weak && rules.below_gap === "drop")) return { found: "gap", best: gap };
  return { found: { chosen, rejected, gap, weak }, best: gap };
}

/** The same without the policy failures: what a pair over a failure can be replaced by. */
export function contrastAmongValid(rows: readonly LabeledRow[], rules: GapRules): Contrast | null {
  const { found } = contrast(
    rows.filter((row) => row.status !== "policy_failure"),
    rules,
  );
  return typeof found === "string" ? null : found;
}

export function kindOf({ chosen, rejected }: Contrast): PairKind {
  if (rejected.status === "policy_failure") return "over_policy_failure";
  if (chosen.status === "empty") return "empty_over_view";
  return rejected.status === "empty" ? "view_over_empty" : "view_over_view";
}

function comparable(chosen: LabeledRow, row: LabeledRow): boolean {
  return row.text !== chosen.text && !(chosen.status === "empty" && row.status === "empty");
}

/** The first row that no other beats: rows come in rollout order, so ties go to the lower index. */
function first(rows: readonly ScoredRow[], beats: (a: ScoredRow, b: ScoredRow) => boolean): ScoredRow | undefined {
  let best = rows[0];
  for (const row of rows) if (best && beats(row, best)) best = row;
  return best;
}
