/** log softmax(logits)[index] in double precision: the logit minus log Σ exp, the largest taken out against overflow. */
export function logProbability(logits: Float32Array, index: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const each of logits) largest = Math.max(largest, each);
  let sum = 0;
  for (const each of logits) sum += Math.exp(each - largest);
  return logits[index]! - largest - Math.log(sum);
}

/** Index of the largest logit, the first of equals; `forbidden` ones are passed over. NaN anywhere makes it NaN. */
export function argmax(logits: Float32Array, forbidden: readonly number[]): number {
  let best = -1;
  for (const [index, each] of logits.entries()) {
    if (Number.isNaN(each)) return Number.NaN;
    if (!forbidden.includes(index) && (best < 0 || each > logits[best]!)) best = index;
  }
  return best;
}
