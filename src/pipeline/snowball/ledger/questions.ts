import type { DropReason, PairSelection } from "../../../preference/pairs.ts";
import type { PairKind } from "../../../preference/rows.ts";

/** questions = pairs + dropped. */
export interface QuestionLedger {
  readonly questions: number;
  readonly pairs: number;
  readonly weak: number;
  readonly kinds: Readonly<Record<PairKind, number>>;
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** Accounts for every question of a shard. `checkLedger` says whether it balances. */
export function questionLedger(
  selection: Pick<PairSelection, "pairs" | "dropped">,
  questionIds: readonly string[],
): QuestionLedger {
  const kinds = { view_over_view: 0, view_over_empty: 0, empty_over_view: 0, over_policy_failure: 0 };
  for (const pair of selection.pairs) kinds[pair.kind]++;
  return {
    questions: questionIds.length,
    pairs: selection.pairs.length,
    weak: selection.pairs.filter((pair) => pair.weak).length,
    kinds,
    dropped: selection.dropped,
  };
}
