import { expect, test } from "vitest";
import { type Ingredient, mix, mixtureCounts } from "../../../../src/dataset/sets/mix.ts";
import { rng, shuffled } from "../../../../src/seed.ts";

const set = (name: string, count: number, more: { weight?: number; limit?: number } = {}) => ({
  name,
  examples: Array.from({ length: count }, (_, at) => ({ id: `${at}` })),
  ...more,
});

const counts = (sets: readonly [name: string, available: number, weight?: number][], total?: number) =>
  Object.fromEntries(
    mixtureCounts(
      sets.map(([name, available, weight]) => ({ name, available, weight })),
      total,
    ),
  );

test("counts are shares, rounded so that they add up", () => {
  // Quotas 5, 3.33… and 1.66…: the second place left goes to the larger remainder.
  expect(
    counts(
      [
        ["a", 99, 3],
        ["b", 99, 2],
        ["c", 99, 1],
      ],
      10,
    ),
  ).toEqual({ a: 5, b: 3, c: 2 });
  // Three thirds of 100: the one that is left goes to the name that comes first, wherever it stands.
  expect(
    counts(
      [
        ["c", 99, 1],
        ["a", 99, 1],
        ["b", 99, 1],
      ],
      100,
    ),
  ).toEqual({ a: 34, b: 33, c: 33 });
  // .1, .2 and .7 of 10 are whole numbers, whatever floating point makes of them.
  expect(
    counts(
      [
        ["a", 9, 0.1],
        ["b", 9, 0.2],
        ["c", 9, 0.7],
      ],
      10,
    ),
  ).toEqual({ a: 1, b: 2, c: 7 });
  expect(
    counts(
      [
        ["a", 9, 0],
        ["b", 9, 2],
      ],
      3,
    ),
  ).toEqual({ a: 0, b: 3 });
});

test("without a total there are as many as the scarcest data set allows; without weights, all", () => {
  // 6 of a at 3/4 make 8 altogether.
  expect(
    counts([
      ["a", 6, 3],
      ["b", 99, 1],
    ]),
  ).toEqual({ a: 6, b: 2 });
  expect(
    counts([
      ["a", 6],
      ["b", 3],
    ]),
  ).toEqual({ a: 6, b: 3 });
  expect(
    counts(
      [
        ["a", 6],
        ["b", 3],
      ],
      3,
    ),
  ).toEqual({ a: 2, b: 1 });
});

test("what cannot be mixed is refused in one sentence", () => {
  expect(() =>
    counts(
      [
        ["a", 6, 3],
        ["b", 99, 1],
      ],
      12,
    ),
  ).toThrow("A mixture of 12 examples takes 9 of a, which has 6; at most 8 can be mixed so.");
  expect(() =>
    counts([
      ["a", 6, 1],
      ["b", 3],
    ]),
  ).toThrow("b has no weight, but a has; all or none need one.");
  expect(() => counts([["a", 6, -1]])).toThrow("The weight of a is -1; a number from 0 is needed.");
  expect(() =>
    counts([
      ["a", 6, 1],
      ["a", 6, 1],
    ]),
  ).toThrow("Two data sets of a mixture are called a; names must differ.");
  expect(() => counts([["a", 0]])).toThrow("A mixture needs examples");
});

const keysOf = (mixed: readonly { set: string; example: { id: string } }[]) =>
  mixed.map(({ set: name, example }) => `${name}/${example.id}`);

test("the same examples give the same mixture, in whatever order they come", () => {
  const sets: Ingredient<{ id: string }>[] = [set("a", 40, { weight: 1 }), set("b", 60, { weight: 2, limit: 30 })];
  const mixed = mix(sets, { seed: 7 });
  const next = rng("order");
  for (let round = 0; round < 5; round++) {
    const turned = shuffled(sets, next).map((each) => ({ ...each, examples: shuffled(each.examples, next) }));
    expect(mix(turned, { seed: 7 })).toEqual(mixed);
  }
  expect(mix(sets, { seed: 8 })).not.toEqual(mixed);
});

test("no example comes twice, counts are exact, and data sets lie mixed", () => {
  for (const [total, seed] of [
    [1, 1],
    [7, 2],
    [44, 3],
    [45, 4],
  ] as const) {
    const mixed = mix([set("a", 40, { weight: 1 }), set("b", 60, { weight: 2, limit: 30 })], { seed, total });
    expect(new Set(keysOf(mixed)).size).toBe(total);
    const ofA = mixed.filter((each) => each.set === "a").length;
    expect(Math.abs(ofA - total / 3)).toBeLessThan(1);
  }
  // 15 of a among 45: their mean place is about the middle (standard error 3.4), not the beginning.
  const places = mix([set("a", 40, { weight: 1 }), set("b", 60, { weight: 2, limit: 30 })], { seed: 1 }).flatMap(
    (each, at) => (each.set === "a" ? [at] : []),
  );
  expect(places).toHaveLength(15);
  expect(Math.abs(places.reduce((sum, at) => sum + at, 0) / 15 - 22)).toBeLessThan(10);
});

test("a limit chooses by the seed, not by the place in the file", () => {
  const ids = mix([set("a", 1000, { limit: 20 })], { seed: 3 }).map(({ example }) => Number(example.id));
  expect(ids).toHaveLength(20);
  expect(ids.filter((id) => id < 500).length).toBeGreaterThan(3);
  expect(ids.filter((id) => id >= 500).length).toBeGreaterThan(3);
});
