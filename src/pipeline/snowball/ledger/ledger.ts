import type { Ledger } from "../contract/ledger.ts";
import { StepFailure } from "../../../failure.ts";
import type { QuestionLedger } from "./questions.ts";
import type { SampleLedger } from "./samples.ts";

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
