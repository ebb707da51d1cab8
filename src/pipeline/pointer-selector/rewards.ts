import { cosine } from "../../model/selector/candidates.ts";

/** How much each level counts. */
export interface RewardWeights {
  readonly beam: number;
  readonly diversity: number;
  readonly coherence: number;
  readonly task: number;
}

/** What a beam is judged by. */
export interface Judged {
  /** Beam level: gain in the answer's probability. */
  readonly score: number;
  /** Task level: VQA accuracy; null where nobody answered. */
  readonly accuracy: number | null;
  /** Sequence level: vectors of length 1 of the chosen and of the query. */
  readonly chosen: readonly Float32Array[];
  readonly query: Float32Array;
}

/** 1 minus the mean cosine of all pairs of the chosen; 0 for fewer than two, which differ from nothing. */
export function diversity(chosen: readonly Float32Array[]): number {
  let sum = 0;
  let pairs = 0;
  for (let a = 0; a < chosen.length; a++) {
    for (let b = a + 1; b < chosen.length; b++, pairs++) sum += cosine(chosen[a]!, chosen[b]!);
  }
  return pairs === 0 ? 0 : 1 - sum / pairs;
}

/** Mean cosine of the chosen with the query. @throws {RangeError} where none is chosen */
export function coherence(chosen: readonly Float32Array[], query: Float32Array): number {
  if (chosen.length === 0) throw new RangeError("nothing is chosen, so nothing coheres");
  return chosen.reduce((sum, each) => sum + cosine(each, query), 0) / chosen.length;
}

/**
 * A beam's reward: the weighted sum of its levels.
 * @throws {RangeError} where the task counts and nobody answered
 */
export function beamReward({ score, accuracy, chosen, query }: Judged, weights: RewardWeights): number {
  if (weights.task > 0 && accuracy === null)
    throw new RangeError("the task counts, but nobody answered with this beam");
  const sequence = weights.diversity * diversity(chosen) + weights.coherence * coherence(chosen, query);
  return weights.beam * score + sequence + weights.task * (accuracy ?? 0);
}
