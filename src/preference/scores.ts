import type { Reading } from "./readings.ts";

/** A sample's score in [−1, 1] with its raw components, or the reason why there is none: never a default. */
export type Scored =
  | { readonly score: number; readonly components: Readonly<Record<string, number>> }
  | { readonly score: null; readonly reason: string };

/** How `both` weighs its two scores. */
export interface ScoringWeights {
  readonly confidence: number;
  readonly explicit: number;
}

/** Log-probabilities of one answer, as the critic gives them with the views or without. */
interface Logprobs {
  readonly mean_logprob: number;
  readonly sum_logprob: number;
}

/** The score of output that does not parse, or was cut: below or equal to everything else. */
export const POLICY_FAILURE_SCORE = -1;

/** Rounding of log-softmax may lift a log-probability a little above 0. */
const ROUNDING = 1e-4;

/**
 * exp(mean log-prob of the critic's own greedy answer) with the views, minus the same without them. Raw logits at
 * temperature 1, answer tokens only; each side has its own greedy answer.
 */
export function confidence(
  withViews: Pick<Logprobs, "mean_logprob">,
  without: Pick<Logprobs, "mean_logprob">,
  views: number,
  viewCost = 0,
): Scored {
  return gain("confidence", withViews.mean_logprob, without.mean_logprob, views, viewCost);
}

/** The critic's probability of the true answer with the views, minus that without: exp of the answer's summed log-probs. */
export function answerGain(
  withViews: Pick<Logprobs, "sum_logprob">,
  without: Pick<Logprobs, "sum_logprob">,
  views: number,
  viewCost = 0,
): Scored {
  return gain("answer", withViews.sum_logprob, without.sum_logprob, views, viewCost);
}

/** The critic's rating of the views, 1 to 10, as (r − 5.5) / 4.5. */
export function explicit(rating: Reading, views: number, viewCost = 0): Scored {
  if (rating.value === null) return { score: null, reason: rating.reason };
  return paid(stretched(rating.value), { rating: rating.value, ...reasked(rating) }, views, viewCost);
}

/** The weighted mean of `confidence` and `explicit`; the views are paid for once. */
export function both(
  sides: { readonly withViews: Pick<Logprobs, "mean_logprob">; readonly without: Pick<Logprobs, "mean_logprob"> },
  rating: Reading,
  weights: ScoringWeights,
  views: number,
  viewCost = 0,
): Scored {
  const own = confidence(sides.withViews, sides.without, views);
  const rated = explicit(rating, views);
  if (own.score === null) return own;
  if (rated.score === null) return rated;
  const sum = weights.confidence + weights.explicit;
  const mean = (weights.confidence * own.score + weights.explicit * rated.score) / sum;
  return paid(mean, { ...own.components, ...rated.components }, views, viewCost);
}

/**
 * How much closer to the true answer the critic's own answer comes with the views: (similarity with them − without)
 * / 4. Similarities go from −2 to 2.
 */
export function gtSimilarity(withViews: Reading, without: Reading, views: number, viewCost = 0): Scored {
  if (withViews.value === null) return { score: null, reason: `with the views, ${withViews.reason}` };
  if (without.value === null) return { score: null, reason: `without views, ${without.reason}` };
  const components = {
    similarity_with: withViews.value,
    similarity_without: without.value,
    ...reasked(withViews, without),
  };
  return paid((withViews.value - without.value) / 4, components, views, viewCost);
}

/** Unparseable or cut-off output. It can be rejected, never chosen. */
export function policyFailure(): Scored {
  return { score: POLICY_FAILURE_SCORE, components: { policy_failure: 1 } };
}

/** A completion without instructions: neutral. Under `empty: drop` it has no score and takes no part in pairs. */
export function emptyPlan(empty: "score" | "drop"): Scored {
  if (empty === "drop") return { score: null, reason: "completions without instructions are left out (empty: drop)" };
  return { score: 0, components: { empty: 1 } };
}

/** 1 … 10 to −1 … 1. */
function stretched(rating: number): number {
  return (rating - 5.5) / 4.5;
}

function gain(what: string, withViews: number, without: number, views: number, viewCost: number): Scored {
  for (const [value, side] of [
    [withViews, "with the views"],
    [without, "without views"],
  ] as const) {
    if (!Number.isFinite(value) || value > ROUNDING) {
      return { score: null, reason: `the critic's log-probability ${side} is ${value}` };
    }
  }
  const after = Math.min(1, Math.exp(withViews));
  const before = Math.min(1, Math.exp(without));
  return paid(after - before, { [`${what}_with`]: after, [`${what}_without`]: before }, views, viewCost);
}

/** A score less the cost of its views, kept in [−1, 1]. */
function paid(worth: number, components: Readonly<Record<string, number>>, views: number, viewCost: number): Scored {
  const cost = viewCost * views;
  const score = Math.min(1, Math.max(POLICY_FAILURE_SCORE, worth - cost));
  return { score, components: { ...components, view_cost: cost } };
}

/** How many of a score's readings took a second wording; nothing where none did. */
function reasked(...readings: readonly { readonly reasked: boolean }[]): Readonly<Record<string, number>> {
  const count = readings.filter((each) => each.reasked).length;
  return count > 0 ? { reasked: count } : {};
}
