import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerGain, confidence, emptyPlan, policyFailure } from "../../../src/preference/scores.ts";

const ln = Math.log;

describe("confidence", () => {
  test("is the rise of exp(mean log-prob): 0.8 after 0.5", () => {
    const scored = confidence({ mean_logprob: ln(0.8) }, { mean_logprob: ln(0.5) }, 2);
    expect(scored.score).toBeCloseTo(0.3, 12);
    expect(scored).toMatchObject({ components: { view_cost: 0 } });
    if (scored.score === null) throw new Error("unreachable");
    expect(scored.components.confidence_with).toBeCloseTo(0.8, 12);
    expect(scored.components.confidence_without).toBeCloseTo(0.5, 12);
  });

  test("pays for views: 0.8 − 0.5 − 3 × 0.05 = 0.15", () => {
    expect(confidence({ mean_logprob: ln(0.8) }, { mean_logprob: ln(0.5) }, 3, 0.05).score).toBeCloseTo(0.15, 12);
  });

  test("never falls below a policy failure, however many views it pays for", () => {
    expect(confidence({ mean_logprob: ln(0.1) }, { mean_logprob: ln(0.9) }, 5, 0.5).score).toBe(-1);
  });
});

test("answer_gain is the rise of the whole answer's probability: exp(−1) − exp(−2) = 0.232544", () => {
  expect(answerGain({ sum_logprob: -1 }, { sum_logprob: -2 }, 1).score).toBeCloseTo(0.232544, 6);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5])(
  "a log-prob of %d is no score",
  (value) => {
    expect(confidence({ mean_logprob: value }, { mean_logprob: -1 }, 1).score).toBeNull();
    expect(answerGain({ sum_logprob: -1 }, { sum_logprob: value }, 1).score).toBeNull();
  },
);

test("a log-prob that rounding lifted over 0 counts as certainty", () => {
  expect(confidence({ mean_logprob: 1e-6 }, { mean_logprob: -800 }, 1).score).toBe(1);
});

test("a policy failure is −1, an empty plan 0 or left out", () => {
  expect(policyFailure().score).toBe(-1);
  expect(emptyPlan("score").score).toBe(0);
  expect(emptyPlan("drop").score).toBeNull();
});

test("scores stay in [−1, 1] and change sign with their sides", () => {
  const logprob = fc.double({ min: -50, max: 0, noNaN: true });
  fc.assert(
    fc.property(logprob, logprob, (a, b) => {
      const up = confidence({ mean_logprob: a }, { mean_logprob: b }, 1).score!;
      const down = confidence({ mean_logprob: b }, { mean_logprob: a }, 1).score!;
      expect(Math.abs(up)).toBeLessThanOrEqual(1);
      expect(up + down).toBe(0);
    }),
  );
});
