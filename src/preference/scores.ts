/** A sample's score in [−1, 1] with its raw components, or the reason why there is none: never a default. */
export type Scored =
  | { readonly score: number; readonly components: Readonly<Record<string, number>> }
  | { readonly score: null; readonly reason: string };

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

/** Unparseable or cut-off output. It can be rejected, never chosen. */
export function policyFailure(): Scored {
  return { score: POLICY_FAILURE_SCORE, components: { policy_failure: 1 } };
}

/** A completion without instructions: neutral. Under `empty: drop` it has no score and takes no part in pairs. */
export function emptyPlan(empty: "score" | "drop"): Scored {
  if (empty === "drop") return { score: null, reason: "completions without instructions are left out (empty: drop)" };
  return { score: 0, components: { empty: 1 } };
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
  const cost = viewCost * views;
  return {
    score: Math.max(POLICY_FAILURE_SCORE, after - before - cost),
    components: { [`${what}_with`]: after, [`${what}_without`]: before, view_cost: cost },
  };
}
