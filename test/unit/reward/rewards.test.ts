import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { counting, numberIn } from "../../../src/reward/counting.ts";
import { rewardProblem, REWARDS, rewardsKey, weighed } from "../../../src/reward/index.ts";
import type { Judged } from "../../../src/reward/reward.ts";
import { relationShare, spatial, wellFormed, wordF1 } from "../../../src/reward/spatial.ts";

const of = (truth: string, kind = "spatial"): Judged => ({ truth, kind });
const near = (value: number) => expect.closeTo(value, 10) as number;

describe("spatial", () => {
  const truth = "The cup is to the left of the box";

  test("numbers computed by hand", () => {
    // .5 + .3 + .2 = 1.
    expect(spatial.score(of(truth), ` ${truth.toUpperCase()}\n`)).toEqual({
      reward: 1,
      parts: { exact: 1, relation: 1, format: 1, f1: 1 },
    });
    // "right" for "left": 8 of 9 words; 0 + 0 + .2 + .3 · 8/9 = .46667.
    const wrong = spatial.score(of(truth), "the cup is to the right of the box");
    expect(wrong.parts).toEqual({ exact: 0, relation: 0, format: 1, f1: near(8 / 9) });
    expect(wrong.reward).toBeCloseTo(2 * (0.2 + 0.3 * (8 / 9)) - 1, 10);
    // Four characters: .5 + .3 + .2 · .3 = .86.
    expect(spatial.score(of("left"), "left").reward).toBeCloseTo(0.72, 10);
    // Nothing is right and it is too short: 2 · .06 − 1.
    expect(spatial.score(of("left"), "no").reward).toBeCloseTo(-0.88, 10);
  });

  test("relations are whole terms, the longest first", () => {
    expect(relationShare("in front of it", "it is on it")).toBe(0);
    expect(relationShare("on it", "in front of it")).toBe(0);
    expect(relationShare("left", "the leftover is nearly there")).toBe(0);
    expect(relationShare("in  front\nof it", "IN FRONT OF it")).toBe(1);
    expect(relationShare("left and above", "above")).toBe(0.5);
    expect(relationShare("left, and left again", "left")).toBe(1);
    expect([relationShare("a cup", "a box"), relationShare("a cup", "on a box")]).toEqual([1, 0.5]);
  });

  test("the format of what is short, long or repeats itself", () => {
    expect([wellFormed("left"), wellFormed("right"), wellFormed("")]).toEqual([0.3, 1, 0.3]);
    const long = Array.from({ length: 130 }, (_, index) => `w${index}`).join(" ");
    expect([wellFormed(long), wellFormed(long.slice(0, 500))]).toEqual([0.7, 1]);
    // 1 of 4 words is fewer than 30 %; of three words none is too few.
    expect([wellFormed("left left left left"), wellFormed("left left left"), wellFormed("a b a b a b")]).toEqual([
      0.3, 1, 1,
    ]);
  });

  test("F1 counts a word as often as it stands there", () => {
    // 2 shared of 3 and 2 words: 4/5.
    expect(wordF1("the red box", "red box")).toBeCloseTo(0.8, 10);
    expect(wordF1("the box", "the the the")).toBeCloseTo(0.4, 10);
    expect([wordF1("", ""), wordF1("a", "b")]).toEqual([0, 0]);
  });
});

describe("counting", () => {
  test("a text's number is the first, in digits or as a word", () => {
    const texts = ["There are 3.", "seven chairs", "1,024 of 5", "someone", "x3", "Twelve!", "2.5", "between 4 and 5"];
    expect(texts.map(numberIn)).toEqual([3, 7, 1024, undefined, undefined, 12, 2.5, 4]);
  });

  test("the nearer, the better", () => {
    const scores = ["4", "five", "3", "7", "1", "8", "none"].map((text) => counting.score(of("four"), text).reward);
    expect(scores).toEqual([1, 0.5, 0.5, 0.2, 0.2, -0.5, -0.5]);
  });

  test("a truth without a number cannot be judged", () => {
    expect(counting.problem(of("many"))).toBe('has a true answer without a number ("many")');
    expect(counting.problem(of("3 chairs"))).toBeNull();
  });
});

test("each row is judged by its task's type", () => {
  const weights = { combined: 1 };
  expect(weighed(weights, of("3", "counting"), "4").reward).toBe(0.5);
  expect(weighed(weights, of("left", "spatial"), "left").reward).toBeCloseTo(0.72, 10);
  expect(rewardProblem(weights, of("3", "colour"))).toMatch(/^is of the type "colour"; .* judges spatial and counting/);
  expect(rewardProblem(weights, of(" ", "spatial"))).toBe("has no true answer");
});

test("rewards add up by their weights, and their parts are named", () => {
  const both = weighed({ spatial: 2, counting: -1 }, of("three on it"), "3 on it");
  const alone = spatial.score(of("three on it"), "3 on it");
  expect(both.reward).toBeCloseTo(2 * alone.reward - 1, 10);
  expect(both.parts).toMatchObject({ spatial: alone.reward, counting: 1, "spatial/exact": 0, "counting/exact": 1 });
  expect(rewardsKey({ spatial: 2 })).toEqual({ spatial: { weight: 2, version: 1 } });
});

const words = fc.constantFrom("left", "on", "in front of", "cup", "3", "four", "front", "—", "\n");
const aText = fc.array(words, { maxLength: 30 }).map((all) => all.join(" "));

test("whatever is said, a reward is a number in its range", () => {
  fc.assert(
    fc.property(aText, aText, fc.constantFrom("spatial", "counting"), (truth, said, kind) => {
      for (const reward of Object.values(REWARDS)) {
        if (reward.problem(of(truth, kind)) !== null) continue;
        expect(Math.abs(reward.score(of(truth, kind), said).reward)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("no answer is worth more than the true one, where that is well formed", () => {
  fc.assert(
    fc.property(aText, aText, (truth, said) => {
      fc.pre(wellFormed(truth) === 1);
      const row = of(truth);
      expect(spatial.score(row, said).reward).toBeLessThanOrEqual(spatial.score(row, truth).reward + 1e-12);
    }),
  );
});
