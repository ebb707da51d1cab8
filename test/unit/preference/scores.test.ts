import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answerGain,
  both,
  confidence,
  emptyPlan,
  explicit,
  gtSimilarity,
  policyFailure,
} from "../../../src/preference/scores.ts";

const ln = Math.log;
const read = (value: number, reasked = false) => ({ value, reasked });
const unread = { value: null, reason: "the critic's rating cannot be read" } as const;

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

describe("explicit", () => {
  test.each([
    [1, -1],
    [5.5, 0],
    [10, 1],
    // (8 − 5.5) / 4.5 = 2.5 / 4.5
    [8, 0.555556],
  ])("a rating of %d is %d", (rating, score) => {
    expect(explicit(read(rating), 1).score).toBeCloseTo(score, 6);
  });

  test("pays for its views: 0.555556 − 2 × 0.1, and never below −1", () => {
    expect(explicit(read(8), 2, 0.1)).toEqual({
      score: expect.closeTo(0.355556, 6) as number,
      components: { rating: 8, view_cost: 0.2 },
    });
    expect(explicit(read(2), 5, 0.5).score).toBe(-1);
  });

  test("keeps the rating as it was read, and says that it was asked for twice", () => {
    expect(explicit(read(7.5, true), 1)).toMatchObject({ components: { rating: 7.5, reasked: 1 } });
  });

  test("without a rating there is no score", () => {
    expect(explicit(unread, 1)).toEqual({ score: null, reason: unread.reason });
  });
});

describe("both", () => {
  const sides = { withViews: { mean_logprob: ln(0.8) }, without: { mean_logprob: ln(0.5) } };

  test.each([
    // confidence 0.3, rating 0.555556
    [{ confidence: 0.5, explicit: 0.5 }, 0.427778],
    // (0.3 + 3 × 0.555556) / 4
    [{ confidence: 1, explicit: 3 }, 0.491667],
    [{ confidence: 2, explicit: 0 }, 0.3],
    [{ confidence: 0, explicit: 0.1 }, 0.555556],
  ])("weighs by %j: %d", (weights, score) => {
    expect(both(sides, read(8), weights, 1).score).toBeCloseTo(score, 6);
  });

  test("pays for its views once, and keeps both components", () => {
    const scored = both(sides, read(8, true), { confidence: 1, explicit: 1 }, 3, 0.1);
    expect(scored.score).toBeCloseTo(0.127778, 6);
    expect(scored).toMatchObject({
      components: {
        confidence_with: expect.closeTo(0.8, 9) as number,
        confidence_without: expect.closeTo(0.5, 9) as number,
        rating: 8,
        reasked: 1,
        view_cost: expect.closeTo(0.3, 9) as number,
      },
    });
  });

  test("half a score is none", () => {
    const weights = { confidence: 1, explicit: 1 };
    expect(both(sides, unread, weights, 1)).toEqual({ score: null, reason: unread.reason });
    const silent = { ...sides, withViews: { mean_logprob: Number.NaN } };
    expect(both(silent, read(8), weights, 1)).toEqual({
      score: null,
      reason: expect.stringContaining("is NaN") as string,
    });
  });
});

describe("gt_similarity", () => {
  test.each([
    [2, -2, 1],
    [-2, 2, -1],
    [0, 0, 0],
    [2, 2, 0],
    [1, -0.5, 0.375],
  ])("%d with the views after %d without is %d", (withViews, without, score) => {
    expect(gtSimilarity(read(withViews), read(without), 1).score).toBeCloseTo(score, 12);
  });

  test("pays for its views, keeps both similarities and counts what was asked for twice", () => {
    expect(gtSimilarity(read(2, true), read(0, true), 2, 0.1)).toEqual({
      score: expect.closeTo(0.3, 12) as number,
      components: { similarity_with: 2, similarity_without: 0, reasked: 2, view_cost: 0.2 },
    });
  });

  test("one side alone is no score, and the reason says which is missing", () => {
    expect(gtSimilarity(unread, read(0), 1)).toEqual({ score: null, reason: `with the views, ${unread.reason}` });
    expect(gtSimilarity(read(0), unread, 1)).toEqual({ score: null, reason: `without views, ${unread.reason}` });
  });
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

test("whatever is read and weighed, a score is in [−1, 1], and a better rating is never worth less", () => {
  const rating = fc.double({ min: 1, max: 10, noNaN: true });
  const similarity = fc.double({ min: -2, max: 2, noNaN: true });
  const logprob = fc.double({ min: -50, max: 0, noNaN: true });
  const weight = fc.double({ min: 0.01, max: 9, noNaN: true });
  const cost = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(rating, rating, similarity, similarity, logprob, weight, cost, (a, b, s, t, mean_logprob, w, c) => {
      const sides = { withViews: { mean_logprob }, without: { mean_logprob: -1 } };
      const weights = { confidence: 1, explicit: w };
      const scores = [
        explicit(read(a), 1, c),
        both(sides, read(a), weights, 1, c),
        gtSimilarity(read(s), read(t), 2, c),
      ];
      for (const { score } of scores) expect(Math.abs(score!)).toBeLessThanOrEqual(1);
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      expect(explicit(read(low), 1, c).score!).toBeLessThanOrEqual(explicit(read(high), 1, c).score!);
      expect(both(sides, read(low), weights, 1, c).score!).toBeLessThanOrEqual(
        both(sides, read(high), weights, 1, c).score!,
      );
      expect(gtSimilarity(read(s), read(t), 1).score! + gtSimilarity(read(t), read(s), 1).score!).toBe(0);
    }),
  );
});
