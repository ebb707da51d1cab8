import type { Account } from "../../../contract/account.ts";

/** questions × K = view + empty + policy_failure + quarantined; questions = pairs + dropped. */
export interface Ledger {
  readonly samples: number;
  readonly view: number;
  readonly empty: number;
  readonly policy_failure: number;
  readonly quarantined: number;
  readonly questions: number;
  readonly pairs: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** How people call the reasons for which a question makes no pair. */
const REASONS: Readonly<Record<string, string>> = {
  unanimous: "unanimous",
  gap: "below the gap",
  too_few: "with fewer than two scored samples",
  quarantined: "quarantined",
  failure_share: "over the share of failures",
};

/** A ledger as the two accounts that it is. Reasons for which nothing was dropped are left out. */
export function accountsOf(ledger: Ledger): Account[] {
  const { samples, view, empty, policy_failure: failures, quarantined, questions, pairs, dropped } = ledger;
  const reasons = Object.entries(dropped)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => [REASONS[reason] ?? reason, count] as const);
  return [
    {
      of: "sample",
      total: samples,
      parts: { "with views": view, without: empty, "policy failures": failures, quarantined },
    },
    { of: "question", total: questions, parts: { pairs, ...Object.fromEntries(reasons) } },
  ];
}
