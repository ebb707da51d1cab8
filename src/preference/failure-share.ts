import { type Contrast, contrastAmongValid, type GapRules } from "./contrast.ts";
import type { LabeledRow } from "./rows.ts";

/**
 * Keeps pairs over a policy failure to a share of all pairs, so that the policy does not learn its syntax alone.
 *
 * First, failures are replaced by the worst valid sample of the same question, largest replacement gap first. If that
 * is not enough, pairs over a failure are dropped, smallest gap first. Ties follow the order of the questions, so the
 * outcome depends on nothing but the rows.
 *
 * @param found contrasts by question, in the order of the questions
 * @param share largest share allowed, 0 to 1, of the pairs that are left
 * @returns the contrasts that stay, in the same order, and how many were dropped
 */
export function capFailureShare(
  found: ReadonlyMap<string, Contrast>,
  rowsOf: ReadonlyMap<string, readonly LabeledRow[]>,
  rules: GapRules,
  share: number,
): { readonly kept: Map<string, Contrast>; readonly dropped: number } {
  const kept = new Map(found);
  const overFailure = [...found].filter(([, pair]) => isOverFailure(pair)).map(([id]) => id);
  let failures = overFailure.length;
  const tooMany = (): boolean => failures > Math.floor(share * kept.size + ROUNDING);

  const replacements = overFailure
    .map((id) => ({ id, pair: contrastAmongValid(rowsOf.get(id) ?? [], rules) }))
    .filter((entry): entry is { id: string; pair: Contrast } => entry.pair !== null)
    .toSorted((a, b) => b.pair.gap - a.pair.gap);
  for (const { id, pair } of replacements) {
    if (!tooMany()) break;
    kept.set(id, pair);
    failures--;
  }

  const left = [...kept].filter(([, pair]) => isOverFailure(pair)).toSorted(([, a], [, b]) => a.gap - b.gap);
  let dropped = 0;
  for (const [id] of left) {
    if (!tooMany()) break;
    kept.delete(id);
    failures--;
    dropped++;
  }
  return { kept, dropped };
}

/** 0.29 × 100 is 28.999…: a share must not lose a pair to that. */
const ROUNDING = 1e-9;

function isOverFailure(pair: Contrast): boolean {
  return pair.rejected.status === "policy_failure";
}
