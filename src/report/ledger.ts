import type { Ledger } from "../contract/progress.ts";
import { count, plural } from "./numbers.ts";

/** How people call the reasons for which a question makes no pair. */
const REASONS: Readonly<Record<string, string>> = {
  unanimous: "unanimous",
  gap: "below the gap",
  too_few: "with fewer than two scored samples",
  quarantined: "quarantined",
  failure_share: "over the share of failures",
};

/** Sentences that account for every sample, where there are any, and for every question. */
export function ledgerSentences(ledger: Ledger): string[] {
  const { samples, view, empty, policy_failure: failures, quarantined, questions, pairs, dropped } = ledger;
  const kinds = [
    `${count(view)} with views`,
    `${count(empty)} without`,
    plural(failures, "policy failure"),
    `${count(quarantined)} quarantined`,
  ];
  const reasons = Object.entries(dropped)
    .filter(([, questions]) => questions > 0)
    .map(([reason, questions]) => `${count(questions)} ${REASONS[reason] ?? reason}`);
  if (samples === 0) return [`${plural(pairs, "pair")} from the file that the recipe names.`];
  return [
    `Every sample is accounted for: ${count(samples)} = ${kinds.join(" + ")}.`,
    `Every question too: ${count(questions)} = ${[plural(pairs, "pair"), ...reasons].join(" + ")}.`,
  ];
}
