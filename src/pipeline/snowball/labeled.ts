import { join } from "node:path";
import { isMissing } from "../../artifact/disk.ts";
import { readJsonLines } from "../../artifact/files.ts";
import type { LabeledRow, PairRow } from "../../preference/rows.ts";

/** The samples of an iteration's folder; none where a round began with pairs of a person's own. */
export async function* labeledRows(folder: string): AsyncGenerator<LabeledRow> {
  try {
    yield* readJsonLines<LabeledRow>(join(folder, "labeled.jsonl"));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** What tells a sample from the others of its iteration. */
export function sampleName(question: string, rollout: number): string {
  return `${rollout} ${question}`;
}

/** The names of the samples that pairs are made of. */
export function sampleNames(
  pairs: readonly Pick<PairRow, "question_id" | "chosen_rollout" | "rejected_rollout">[],
): Set<string> {
  return new Set(
    pairs.flatMap(({ question_id: question, chosen_rollout, rejected_rollout }) =>
      [chosen_rollout, rejected_rollout].map((rollout) => sampleName(question, rollout)),
    ),
  );
}
