import type { Ledger } from "../contract/progress.ts";
import { StepFailure } from "../failure.ts";
import type { QuestionLedger } from "./questions.ts";
import type { SampleLedger } from "./samples.ts";

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

/** Both accounts of a shard as one. */
export function joinLedger(samples: SampleLedger, questions: QuestionLedger): Ledger {
  return {
    samples: samples.samples,
    view: samples.view,
    empty: samples.empty,
    policy_failure: samples.policy_failure,
    quarantined: samples.quarantined,
    questions: questions.questions,
    pairs: questions.pairs,
    dropped: questions.dropped,
  };
}

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

/**
 * Do both equations hold: questions × K = view + empty + policy failure + quarantined, questions = pairs + dropped?
 * @param rollouts K
 * @throws {StepFailure} LedgerImbalance with the equation that does not hold
 */
export function checkLedger(ledger: Ledger, rollouts: number): void {
  const { samples, view, empty, policy_failure: failed, quarantined, questions, pairs } = ledger;
  const sampled = view + empty + failed + quarantined;
  if (samples !== sampled || samples !== questions * rollouts) {
    throw new StepFailure(
      "LedgerImbalance",
      `The samples do not add up: ${questions} questions × ${rollouts} = ${questions * rollouts}, ${samples} were counted, ` +
        `and ${view} with views + ${empty} without + ${failed} policy failures + ${quarantined} quarantined = ${sampled}.`,
    );
  }
  const dropped = Object.values(ledger.dropped).reduce((sum, count) => sum + count, 0);
  if (questions !== pairs + dropped) {
    throw new StepFailure(
      "LedgerImbalance",
      `The questions do not add up: ${questions} questions, but ${pairs} pairs + ${dropped} dropped = ${pairs + dropped}.`,
    );
  }
}
