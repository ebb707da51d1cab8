import type { Sampling } from "../model/vlm/backend.ts";

/** One sampled completion of the planner, a line of rollouts.jsonl. Counting starts at 0. */
export interface RolloutRow {
  readonly question_id: string;
  readonly rollout: number;
  readonly text: string;
  readonly finish: "stop" | "length";
  readonly tokens: number;
  /** Mean log-probability of the sampled tokens, raw logits at temperature 1. */
  readonly mean_logprob: number;
  readonly retokenized_equal: boolean;
  /** All sampled ids, the end token among them if there was one: only where `text` and the usual end do not give them. */
  readonly ids?: readonly number[];
  readonly prompt_digest: string;
  readonly seed: string;
  /** Digest of the policy that was sampled: training refuses a shard of another one. */
  readonly policy: string;
  /** What was in force, not what was asked for. */
  readonly sampling: Sampling;
}

/** One view that the executor made (or did not), a line of views.jsonl. */
export interface ViewRow {
  readonly question_id: string;
  readonly rollout: number;
  readonly index: number;
  readonly instruction: string;
  readonly status: "ok" | "refused" | "failed";
  /** generated_images/<id>/rollout_<k>/img_<j>.png, relative to its artifact. */
  readonly file: string;
  readonly reason?: string;
  /** How often it was made again under another recorded seed. */
  readonly retries: number;
  /** Does it show what is asked, by the scene itself? null when the executor cannot know, and for training views. */
  readonly useful: boolean | null;
}

/**
 * `view` and `empty` are what the policy chose, `policy_failure` is what it could not say (−1), `quarantined` is what
 * the machine could not measure: it never becomes a label.
 */
export type SampleStatus = "view" | "empty" | "policy_failure" | "quarantined";

/** A rollout with its label, a line of labeled.jsonl. */
export interface LabeledRow extends RolloutRow {
  readonly instructions: readonly string[];
  /** The views' files, in the order of the instructions. */
  readonly views: readonly string[];
  readonly status: SampleStatus;
  /** In [−1, 1], 0 neutral; null when quarantined, and for an empty plan under `empty: drop`. */
  readonly score: number | null;
  readonly components: Readonly<Record<string, number>>;
  readonly reason?: string;
  /** The plan had something around it that only `prompt.format: lenient` leaves out. */
  readonly lenient?: true;
}

export type PairKind = "view_over_view" | "view_over_empty" | "empty_over_view" | "over_policy_failure";

/**
 * A preference pair in the Qwen-VL-Series-Finetune format, plus `system` and where it came from.
 *
 * `prompt` is exactly `"<image>"` once per entry of `image`, with nothing between or after the markers, then the user
 * text that the planner saw. The trainer strips these leading markers and rebuilds
 * [system: text, user: image × n + text], which `plannerMessages` builds for rollout; equal prompt digests prove it.
 */
export interface PairRow {
  readonly id: string;
  /** Relative to image_root. */
  readonly image: readonly string[];
  readonly system: string;
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  readonly kind: PairKind;
  readonly iteration: number;
  readonly question_id: string;
  readonly chosen_rollout: number;
  readonly rejected_rollout: number;
  readonly chosen_score: number;
  readonly rejected_score: number;
  /** chosen_score − rejected_score, 0 to 2. */
  readonly gap: number;
  /** Below min_score_gap, kept because the recipe says `below_gap: keep`. */
  readonly weak: boolean;
  readonly policy: string;
  readonly prompt_digest: string;
  /** How the texts ended; absent is "stop", with an end token. Training gives none to a text that was cut. */
  readonly chosen_finish?: "length";
  readonly rejected_finish?: "length";
  /** The ids that were sampled, as in RolloutRow: where they are given, they are trained on as they are. */
  readonly chosen_ids?: readonly number[];
  readonly rejected_ids?: readonly number[];
}

/** One answer of the evaluator on a held-out question, a line of evaluation.jsonl. */
export interface AnswerRow {
  readonly question_id: string;
  readonly scene: string;
  readonly question_type: string;
  readonly policy: string;
  /** "policy", "no_view", or the name of a reference view. */
  readonly arm: string;
  readonly rollout: number;
  readonly instructions: readonly string[];
  readonly answer: string;
  /** null when quarantined. */
  readonly correct: boolean | null;
  /** Does the view show what is asked, by the scene itself? null when the executor cannot know. */
  readonly useful: boolean | null;
  readonly status: SampleStatus;
  readonly reason?: string;
}
