import fc from "fast-check";
import { expect, test } from "vitest";
import { SAMPLERS } from "../../../../src/contract/selector.ts";
import { beamSearch } from "../../../../src/pipeline/pointer-selector/beam-search.ts";
import type { Embedded } from "../../../../src/model/embed/backend.ts";
import { mostSimilar, nearnessOf, sampleCandidates } from "../../../../src/model/selector/candidates.ts";
import { beamReward, coherence, diversity } from "../../../../src/pipeline/pointer-selector/rewards.ts";

const at = (degrees: number): Float32Array =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
const example = (text: number, image: number): Embedded => ({ text: at(text), image: at(image) });

const QUERY = example(0, 0);
const POOL = [example(10, 90), example(90, 10), example(40, 40), example(80, 60)];
const ALL = [0, 1, 2, 3];

test("candidates are the nearest by text, by image, or in turn; the baseline adds both cosines", () => {
  const drawn = (sampler: (typeof SAMPLERS)[number], count = 2) =>
    sampleCandidates(nearnessOf(QUERY, POOL), ALL, { sampler, count, seed: "s" });
  expect(drawn("text")).toEqual([0, 2]);
  expect(drawn("image")).toEqual([1, 2]);
  expect(drawn("mixed", 4).slice(0, 2)).toEqual([0, 1]);
  // cos 10° + cos 90° = .985, cos 90° + cos 10° = .985, 2 cos 40° = 1.532, cos 80° + cos 60° = .674
  expect(mostSimilar(nearnessOf(QUERY, POOL), ALL, 4)).toEqual([2, 0, 1, 3]);
});

test("whatever the sampler, candidates are distinct, allowed, and as many as there can be", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SAMPLERS),
      fc.array(fc.tuple(fc.integer({ max: 360 }), fc.integer({ max: 360 })), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 14 }),
      (sampler, angles, count) => {
        const pool = angles.map(([text, image]) => example(text, image));
        const allowed = pool.map((_, place) => place).filter((place) => place !== 1);
        const drawn = sampleCandidates(nearnessOf(QUERY, pool), allowed, { sampler, count, seed: "s" });
        expect(new Set(drawn).size).toBe(drawn.length);
        expect(drawn.length).toBe(Math.min(count, allowed.length));
        for (const place of drawn) expect(allowed).toContain(place);
      },
    ),
  );
});

test("beams are extended by what is not in them, and the best are kept; order counts", async () => {
  const asked: string[] = [];
  // A first pick counts ten times: 2 then 1 is best, though 1 then 2 is the same set.
  const value = [1, 2, 3];
  const found = await beamSearch(3, { size: 2, shots: 2 }, async (sequences) => {
    asked.push(...sequences.map(String));
    return sequences.map((picks) => picks.reduce((sum, pick, place) => sum + value[pick]! * 10 ** -place, 0));
  });
  expect(asked).toEqual(["0", "1", "2", "2,0", "2,1", "1,0", "1,2"]);
  expect(found).toEqual([
    { picks: [2, 1], score: 3.2 },
    { picks: [2, 0], score: 3.1 },
  ]);
});

test("with as many beams as sequences, the search is exhaustive", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double({ noNaN: true, min: -1, max: 1 }), { minLength: 20, maxLength: 20 }),
      async (scores) => {
        const score = (picks: readonly number[]): number =>
          picks.length < 2 ? 0 : scores[5 * picks[0]! + picks[1]! - 1]!;
        const found = await beamSearch(4, { size: 12, shots: 2 }, async (all) => all.map(score));
        if ("unscored" in found) throw new Error("all scores are finite");
        expect(found).toHaveLength(12);
        const every = ALL.flatMap((a) => ALL.filter((b) => b !== a).map((b) => score([a, b])));
        expect(found[0]!.score).toBe(Math.max(...every));
      },
    ),
  );
});

test("ties go to the lower places, and a score that is no number is named", async () => {
  const equal = await beamSearch(3, { size: 2, shots: 1 }, async (all) => all.map(() => 1));
  expect(equal).toEqual([
    { picks: [0], score: 1 },
    { picks: [1], score: 1 },
  ]);
  const broken = await beamSearch(3, { size: 2, shots: 1 }, async () => [1, Number.NaN, 1]);
  expect(broken).toEqual({ unscored: [1] });
  await expect(beamSearch(1, { size: 1, shots: 2 }, async () => [1])).rejects.toThrow("2 shots need as many");
});

test("rewards by hand: cosines of 60° and 0°", () => {
  const chosen = [at(0), at(60)];
  expect(diversity(chosen)).toBeCloseTo(0.5, 6);
  expect(diversity([at(0)])).toBe(0);
  expect(coherence(chosen, at(0))).toBeCloseTo(0.75, 6);
  const judged = { score: 0.04, accuracy: 0.9, chosen, query: at(0) };
  // .04 · 1 + .5 · .2 + .75 · .4 + .9 · .5
  expect(beamReward(judged, { beam: 1, diversity: 0.2, coherence: 0.4, task: 0.5 })).toBeCloseTo(0.89, 6);
  const weights = { beam: 1, diversity: 0, coherence: 0, task: 1 };
  expect(() => beamReward({ ...judged, accuracy: null }, weights)).toThrow("nobody answered");
});
