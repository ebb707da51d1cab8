import type { Question } from "../dataset/question.ts";
import { StepFailure } from "../failure.ts";
import { type Contrast, contrast, type GapRules, kindOf, type NoContrast } from "./contrast.ts";
import { capFailureShare } from "./failure-share.ts";
import { gapQuantiles, type GapQuantiles } from "../statistics/quantiles.ts";
import type { LabeledRow, PairRow } from "./rows.ts";

/** Why a question makes no pair. `failure_share`: its pair was over a policy failure, and there were too many of these. */
export type DropReason = NoContrast | "failure_share";

export interface PairContext {
  readonly iteration: number;
  /** The planner's system prompt, as it was sent. */
  readonly system: string;
  /** The row's prompt with its image markers: `pairPrompt` of src/prompt. */
  readonly prompt: (question: Question) => string;
}

export interface PairSelection {
  /** In the order of the questions, at most one per question. */
  readonly pairs: readonly PairRow[];
  readonly dropped: Readonly<Record<DropReason, number>>;
  /** Of the largest gap of each question with two scored samples, before any threshold. */
  readonly gapQuantiles: GapQuantiles | null;
}

interface PairRules extends GapRules {
  readonly max_failure_pair_share: number;
}

/**
 * One preference pair per question of a shard, or the reason why it has none.
 * @param rows the shard's samples, in any order
 * @param questions the shard's questions by id; their order is the order of the pairs
 * @throws {StepFailure} LedgerImbalance when a sample belongs to no question of the shard
 */
export function selectPairs(
  rows: readonly LabeledRow[],
  questions: ReadonlyMap<string, Question>,
  settings: PairRules,
  context: PairContext,
): PairSelection {
  const rowsOf = groupByQuestion(rows, questions);
  const dropped: Record<DropReason, number> = { unanimous: 0, gap: 0, too_few: 0, quarantined: 0, failure_share: 0 };
  const found = new Map<string, Contrast>();
  const gaps: number[] = [];
  for (const [id, samples] of rowsOf) {
    const result = contrast(samples, settings);
    if (result.best !== null) gaps.push(result.best);
    if (typeof result.found === "string") dropped[result.found]++;
    else found.set(id, result.found);
  }
  const capped = capFailureShare(found, rowsOf, settings, settings.max_failure_pair_share);
  dropped.failure_share = capped.dropped;
  const pairs = [...capped.kept].map(([id, pair]) => pairRow(questions.get(id)!, pair, context));
  return { pairs, dropped, gapQuantiles: gapQuantiles(gaps) };
}

function groupByQuestion(
  rows: readonly LabeledRow[],
  questions: ReadonlyMap<string, Question>,
): Map<string, LabeledRow[]> {
  const rowsOf = new Map([...questions.keys()].map((id): [string, LabeledRow[]] => [id, []]));
  for (const row of rows) {
    const samples = rowsOf.get(row.question_id);
    if (!samples)
      throw new StepFailure(
        "LedgerImbalance",
        `A sample belongs to question "${row.question_id}", which is not in this shard.`,
      );
    samples.push(row);
  }
  return rowsOf;
}

function pairRow(question: Question, pair: Contrast, context: PairContext): PairRow {
  const { chosen, rejected, gap, weak } = pair;
  return {
    id: `iter_${context.iteration}/${question.id}`,
    image: question.images,
    system: context.system,
    prompt: context.prompt(question),
    chosen: chosen.text,
    rejected: rejected.text,
    kind: kindOf(pair),
    iteration: context.iteration,
    question_id: question.id,
    chosen_rollout: chosen.rollout,
    rejected_rollout: rejected.rollout,
    chosen_score: chosen.score!,
    rejected_score: rejected.score!,
    gap,
    weak,
    policy: chosen.policy,
    prompt_digest: chosen.prompt_digest,
    ...(chosen.finish === "length" && { chosen_finish: "length" as const }),
    ...(rejected.finish === "length" && { rejected_finish: "length" as const }),
    ...(chosen.ids && { chosen_ids: chosen.ids }),
    ...(rejected.ids && { rejected_ids: rejected.ids }),
  };
}
