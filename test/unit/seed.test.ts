import * as fc from "fast-check";
import { expect, test } from "vitest";
import { rng, seedFor, shuffled } from "../../src/seed.ts";

const ascending = (a: number, b: number): number => a - b;

test("a seed is the sha256 of its parts as JSON", () => {
  // printf '["run",1,"q"]' | sha256sum
  expect(seedFor("run", 1, "q")).toBe("b971c5b016b86048644dc683bdd187fd14430e89f313935de82fc34cd5226d2b");
  expect(seedFor("a", "bc")).not.toBe(seedFor("ab", "c"));
  expect(seedFor(1)).not.toBe(seedFor("1"));
});

test("the stream is the same for ever: four 53-bit numbers a block of sha256(seed:counter)", () => {
  const next = rng("s");
  expect([next(), next(), next(), next(), next()]).toEqual([
    0.6447114363113073, 0.7797722330707743, 0.3723300253467121, 0.3574199335837486, 0.2317757668324245,
  ]);
});

test("numbers are in [0, 1) and spread evenly: ten bins of 10,000 draws are within 5 standard deviations", () => {
  const next = rng(seedFor("even"));
  const bins = Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) bins[Math.floor(next() * 10)]!++;
  for (const count of bins) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test("a shuffle keeps what it shuffles and leaves its input alone", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.string(), (values, seed) => {
      const before = [...values];
      expect(shuffled(values, rng(seed)).toSorted(ascending)).toEqual(values.toSorted(ascending));
      expect(values).toEqual(before);
    }),
  );
});

test("every order of three is as likely as another: 6,000 shuffles, 1,000 each within 5 standard deviations", () => {
  const next = rng("orders");
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = shuffled(["a", "b", "c"], next).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  expect(counts.size).toBe(6);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(145);
});
