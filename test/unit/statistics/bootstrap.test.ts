import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { measured, type Observation, pairedBootstrap } from "../../../src/statistics/bootstrap.ts";

const options = { seed: "s", resamples: 2000 };

function observe(values: readonly number[], perScene = 1): Observation[] {
  return values.map((value, i) => ({ id: `q${i}`, group: `s${Math.floor(i / perScene)}`, value }));
}

describe("the paired bootstrap", () => {
  test("a change that every question shows has no spread: 0 to 1 everywhere is +1", () => {
    const change = pairedBootstrap(observe([0, 0, 0, 0]), observe([1, 1, 1, 1]), options);
    expect(change).toEqual({ change: 1, low: 1, high: 1, items: 4, groups: 4 });
  });

  test("is paired: noise that both sides share cancels", () => {
    const from = observe(Array.from({ length: 100 }, (_, i) => i % 2));
    const change = pairedBootstrap(from, from, options);
    expect(change).toMatchObject({ change: 0, low: 0, high: 0 });
  });

  test("compares only what both measured", () => {
    const change = pairedBootstrap(observe([0, 0, 1]), observe([1, 1, 1]).slice(1), options);
    expect(change).toMatchObject({ change: 0.5, items: 2 });
    expect(pairedBootstrap([], observe([1]), options)).toBeNull();
  });

  test("resamples scenes, not items: ten equal questions a scene widen the interval √10 times", () => {
    const zeros = Array<number>(400).fill(0);
    const alternating = Array.from({ length: 400 }, (_, i) => Math.floor(i / 10) % 2);
    const width = (perScene: number): number => {
      const change = pairedBootstrap(observe(zeros, perScene), observe(alternating, perScene), options)!;
      return change.high - change.low;
    };
    // Independent items: 2 × 1.96 × sqrt(.25 / 400) = .098; 40 groups: 2 × 1.96 × sqrt(.25 / 40) = .310
    expect(width(1)).toBeGreaterThan(0.088);
    expect(width(1)).toBeLessThan(0.108);
    expect(width(10)).toBeGreaterThan(0.28);
    expect(width(10)).toBeLessThan(0.34);
  });

  test("does not depend on the order of the rows", () => {
    const from = observe([0, 1, 0, 1, 1, 0]);
    const to = observe([1, 1, 0, 0, 1, 1]);
    expect(pairedBootstrap(from.toReversed(), to.toReversed(), options)).toEqual(pairedBootstrap(from, to, options));
  });
});

test("a mean of .5 over 400 questions is known to ± .049", () => {
  const result = measured(observe(Array.from({ length: 400 }, (_, i) => i % 2)), options)!;
  expect(result.mean).toBe(0.5);
  expect(result.half).toBeGreaterThan(0.044);
  expect(result.half).toBeLessThan(0.054);
  expect(measured([], options)).toBeNull();
});

/** `values` of a part, each in a group of its own unless `group` says which. */
const part = (name: string, weight: number, values: readonly number[], group?: string): Observation[] =>
  values.map((value, at) => ({ id: `${name}${at}`, group: group ?? `${name}${at}`, value, part: { name, weight } }));

/** 0 and 1 in turn. */
const half = (count: number): number[] => Array.from({ length: count }, (_, at) => at % 2);

describe("a score that is a mean of parts", () => {
  test("weighs its parts, whatever their sizes", () => {
    // Means ¼, ¾ and 1: ¼ · ¼ + ¼ · ¾ + ½ · 1 = ¾; the mean of all 13 would be 9/13.
    const all = [
      ...part("a", 0.25, [1, 0, 0, 0]),
      ...part("b", 0.25, [1, 1, 1, 0]),
      ...part("c", 0.5, Array(5).fill(1)),
    ];
    expect(measured(all, options)!.mean).toBe(0.75);
  });

  test("with a part that nothing was measured of is not measured", () => {
    expect(measured(part("a", 0.5, [1, 0]), options)).toBeNull();
    const both = [...part("a", 0.5, [1, 0]), ...part("b", 0.5, [1, 0])];
    expect(pairedBootstrap(both, part("a", 0.5, [1, 1]), options)).toBeNull();
  });

  test("has the spread of its parts: √(¼ · .25/100 + ¼ · .25/400)", () => {
    const all = [...part("a", 0.5, half(100)), ...part("b", 0.5, half(400))];
    // 1.96 × .0279 = .0548; as one mean of 500 it would be .0438.
    expect(measured(all, options)!.half).toBeGreaterThan(0.05);
    expect(measured(all, options)!.half).toBeLessThan(0.06);
  });

  test("draws groups that are in several parts as one: what they share in opposite directions cancels", () => {
    const mirrored = Array.from({ length: 50 }, (_, at) => [
      ...part("a", 0.5, [at % 2], `g${at}`),
      ...part("b", 0.5, [1 - (at % 2)], `g${at}`),
    ]).flat();
    expect(measured(mirrored, options)).toEqual({ mean: 0.5, half: 0 });
  });

  test("of one part is the mean itself, draw by draw", () => {
    const values = Array.from({ length: 40 }, (_, at) => at % 3);
    const plain = values.map((value, at) => ({ id: `a${at}`, group: `a${at}`, value }));
    expect(measured(part("a", 1, values), options)).toEqual(measured(plain, options));
  });
});

test("the interval holds the change and is mirrored when the sides are", () => {
  const side = fc.array(fc.constantFrom(0, 1), { minLength: 5, maxLength: 20 });
  fc.assert(
    fc.property(side, side, (a, b) => {
      const few = { seed: "s", resamples: 200 };
      const up = pairedBootstrap(observe(a), observe(b), few)!;
      const down = pairedBootstrap(observe(b), observe(a), few)!;
      expect(up.low).toBeLessThanOrEqual(up.change);
      expect(up.high).toBeGreaterThanOrEqual(up.change);
      expect(down.change).toBeCloseTo(-up.change, 12);
      expect(down.low).toBeCloseTo(-up.high, 12);
    }),
  );
});
