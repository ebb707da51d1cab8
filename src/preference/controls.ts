import { rng, seedFor, shuffled } from "../seed.ts";
import { isScored } from "./contrast.ts";
import type { LabeledRow } from "./rows.ts";

/**
 * The shuffled-scores control: permutes the scores (with their components) among the samples of each question, so
 * that only the link between text and score is cut: every question keeps the same set of scores.
 *
 * `all` permutes every scored sample; `valid` leaves policy failures at −1, so that what remains to be learned is the
 * format alone. Statuses stay with their texts: even here a policy failure is never chosen, so `all` still favours
 * valid output a little (by that rule, no longer by the scores).
 * @param seed names the shuffle; equal seeds give equal results, whatever the order of the rows
 */
export function shuffleScores(rows: readonly LabeledRow[], among: "all" | "valid", seed: string): LabeledRow[] {
  const takesPart = (row: LabeledRow): boolean => isScored(row) && (among === "all" || row.status !== "policy_failure");
  const labels = new Map<LabeledRow, Pick<LabeledRow, "score" | "components">>();
  for (const [id, samples] of Map.groupBy(rows.filter(takesPart), (row) => row.question_id)) {
    const ordered = samples.toSorted((a, b) => a.rollout - b.rollout);
    const permuted = shuffled(ordered, rng(seedFor(seed, "shuffle_scores", id)));
    ordered.forEach((row, place) => {
      const { score, components } = permuted[place]!;
      labels.set(row, { score, components });
    });
  }
  return rows.map((row) => ({ ...row, ...labels.get(row) }));
}
