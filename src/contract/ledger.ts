import type { Ledger } from "./progress.ts";

/** The ledger of a run before its first iteration. */
export const EMPTY_LEDGER: Ledger = {
  samples: 0,
  view: 0,
  empty: 0,
  policy_failure: 0,
  quarantined: 0,
  questions: 0,
  pairs: 0,
  dropped: {},
};

/** Totals over iterations. */
export function addLedgers(a: Ledger, b: Ledger): Ledger {
  const dropped: Record<string, number> = { ...a.dropped };
  for (const [reason, count] of Object.entries(b.dropped)) dropped[reason] = (dropped[reason] ?? 0) + count;
  return {
    samples: a.samples + b.samples,
    view: a.view + b.view,
    empty: a.empty + b.empty,
    policy_failure: a.policy_failure + b.policy_failure,
    quarantined: a.quarantined + b.quarantined,
    questions: a.questions + b.questions,
    pairs: a.pairs + b.pairs,
    dropped,
  };
}
