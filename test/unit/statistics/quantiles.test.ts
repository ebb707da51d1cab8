import { expect, test } from "vitest";
import { gapQuantiles, middleGap } from "../../../src/statistics/quantiles.ts";

test("quantiles interpolate between neighbours, as numpy's do", () => {
  expect(gapQuantiles([4, 1, 3, 2])).toEqual({
    n: 4,
    min: 1,
    p10: 1.3,
    p25: 1.75,
    p50: 2.5,
    p75: 3.25,
    p90: 3.7,
    max: 4,
  });
  expect(gapQuantiles([0.5])).toMatchObject({ n: 1, min: 0.5, p25: 0.5, max: 0.5 });
  expect(gapQuantiles([])).toBeNull();
});

test("the middle gap is one that a pair has", () => {
  expect([middleGap([0.9, 0.1, 0.5]), middleGap([0.4, 0.2]), middleGap([])]).toEqual([0.5, 0.4, null]);
});
