import { expect, test } from "vitest";
import { calibrate } from "../../../src/pipeline/snowball/report/calibration.ts";
import { spread } from "../../../src/pipeline/snowball/report/sample.ts";

const sample = (question: string, score: number, useful: boolean) => ({ question, scene: question, score, useful });

test("the better of two views has the higher score as often as it has, equal scores counting half", () => {
  const { compared, higherIsBetter } = calibrate([
    sample("a", 0.9, true),
    sample("a", 0.1, false), // right
    sample("a", 0.9, false), // equal: half
    sample("b", -0.2, true),
    sample("b", 0.3, false), // wrong
    sample("c", 0.5, true), // nothing to compare with
  ]);
  expect(compared).toBe(3);
  expect(higherIsBetter).toBe(1.5 / 3);
});

test("samples of about the same score are held against their share of useful ones", () => {
  const { bins } = calibrate([
    sample("a", -1, false),
    sample("b", 0.85, true),
    sample("c", 0.95, false),
    sample("d", 1, true),
    sample("e", 0.9, true),
  ]);
  expect(bins.map(({ from, samples }) => [Number(from.toFixed(1)), samples])).toEqual([
    [-1, 1],
    [0.8, 4],
  ]);
  expect(bins[1]!.score).toBeCloseTo(0.925);
  expect(bins[1]!.useful.mean).toBe(0.75);
});

test("without a useful view nothing can be said", () => {
  expect(calibrate([sample("a", 0.9, false), sample("a", 0.2, false)]).higherIsBetter).toBeNull();
});

test("some of many are spread over all of them", () => {
  expect(spread([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 4)).toEqual([0, 2, 5, 7]);
  expect(spread([1, 2], 4)).toEqual([1, 2]);
});
