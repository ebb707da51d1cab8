import { StepFailure } from "../../../failure.ts";
import { abstentionShare, type SampleLedger } from "./samples.ts";

export interface Thresholds {
  readonly max_quarantined_share: number;
  readonly max_abstention_warning: number;
}

/**
 * @returns sentences to warn with
 * @throws {StepFailure} ThresholdExceeded when more samples are quarantined than the recipe allows
 */
export function checkThresholds(ledger: SampleLedger, thresholds: Thresholds): string[] {
  const { samples, quarantined } = ledger;
  const allowed = thresholds.max_quarantined_share;
  if (quarantined > allowed * samples) {
    const [reason, count] = Object.entries(ledger.reasons).toSorted(([, a], [, b]) => b - a)[0] ?? ["no reason", 0];
    throw new StepFailure(
      "ThresholdExceeded",
      `${quarantined} of ${samples} samples are quarantined, more than thresholds.max_quarantined_share (${allowed}) allows; ` +
        `most often (${count} times): ${reason}`,
    );
  }
  const abstained = abstentionShare(ledger);
  if (abstained <= thresholds.max_abstention_warning) return [];
  return [
    `${percent(abstained)} of the scored completions have no instructions ` +
      `(thresholds.max_abstention_warning is ${percent(thresholds.max_abstention_warning)}).`,
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
