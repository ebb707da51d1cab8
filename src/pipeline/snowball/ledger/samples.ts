import { StepFailure } from "../../../failure.ts";
import type { LabeledRow, SampleStatus } from "../../../preference/rows.ts";

/** questions × K = view + empty + policy_failure + quarantined. */
export interface SampleLedger {
  readonly questions: number;
  readonly rollouts: number;
  readonly samples: number;
  readonly view: number;
  readonly empty: number;
  readonly policy_failure: number;
  readonly quarantined: number;
  /** How many samples each reason quarantined. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** What the account needs of a sample. */
type Sample = Pick<LabeledRow, "question_id" | "rollout" | "status" | "reason">;

/**
 * Accounts for every sample of a shard: each question has exactly the rollouts 0 … K−1, once.
 * @param rollouts K
 * @throws {StepFailure} LedgerImbalance, naming the first sample that is missing, double or of no question
 */
export function sampleLedger(rows: readonly Sample[], rollouts: number, questionIds: readonly string[]): SampleLedger {
  const seen = new Map(questionIds.map((id) => [id, new Set<number>()]));
  const counts: Record<SampleStatus, number> = { view: 0, empty: 0, policy_failure: 0, quarantined: 0 };
  const reasons: Record<string, number> = {};
  for (const { question_id: id, rollout, status, reason } of rows) {
    const rolloutsSeen = seen.get(id);
    if (!rolloutsSeen) throw imbalance(`A sample belongs to question "${id}", which is not in this shard.`);
    if (!Number.isInteger(rollout) || rollout < 0 || rollout >= rollouts) {
      throw imbalance(
        `Question "${id}" has a rollout ${rollout}; ${rollouts} rollouts are numbered 0 to ${rollouts - 1}.`,
      );
    }
    if (rolloutsSeen.has(rollout)) throw imbalance(`Rollout ${rollout} of question "${id}" was counted twice.`);
    rolloutsSeen.add(rollout);
    counts[status]++;
    if (status !== "quarantined") continue;
    if (!reason) throw imbalance(`Rollout ${rollout} of question "${id}" is quarantined without a reason.`);
    reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  for (const [id, { size }] of seen) {
    if (size < rollouts) throw imbalance(`Question "${id}" has ${size} of its ${rollouts} samples.`);
  }
  return { questions: seen.size, rollouts, samples: rows.length, ...counts, reasons };
}

/** Samples without instructions, of those that could be scored; 0 where there are none. */
export function abstentionShare(ledger: Pick<SampleLedger, "view" | "empty" | "policy_failure">): number {
  const scored = ledger.view + ledger.empty + ledger.policy_failure;
  return scored === 0 ? 0 : ledger.empty / scored;
}

function imbalance(message: string): StepFailure {
  return new StepFailure("LedgerImbalance", message);
}
