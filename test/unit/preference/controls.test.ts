import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shuffleScores } from "../../../src/preference/controls.ts";
import type { LabeledRow } from "../../../src/preference/rows.ts";
import { aSample } from "../../support/rows.ts";

const rows: LabeledRow[] = [
  ...Array.from({ length: 6 }, (_, rollout) => aSample("q", rollout, rollout / 10)),
  aSample("q", 6, -1, "policy_failure"),
  aSample("q", 7, null, "quarantined"),
  ...Array.from({ length: 4 }, (_, rollout) => aSample("r", rollout, 0.9 - rollout / 10)),
];
const scoresOf = (shuffled: readonly LabeledRow[], id: string): (number | null)[] =>
  shuffled
    .filter((row) => row.question_id === id)
    .map((row) => row.score)
    .toSorted((a, b) => (a ?? 2) - (b ?? 2));

describe.each(["all", "valid"] as const)("shuffled among %s", (among) => {
  test("every question keeps its set of scores, every score its components, every text its status", () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const result = shuffleScores(rows, among, seed);
        for (const id of ["q", "r"]) {
          expect(scoresOf(result, id)).toEqual(scoresOf(rows, id));
        }
        result.forEach((row, place) => {
          expect(row).toMatchObject({ text: rows[place]!.text, status: rows[place]!.status });
          expect(row.components).toEqual(row.score === null ? {} : { raw: row.score });
        });
        expect(result[7]!.score).toBeNull();
      }),
    );
  });

  test("the same seed gives the same shuffle whatever the order, another seed another", () => {
    const first = shuffleScores(rows, among, "1");
    expect(shuffleScores(rows.toReversed(), among, "1").toReversed()).toEqual(first);
    expect(first).not.toEqual(rows);
    expect(shuffleScores(rows, among, "2")).not.toEqual(first);
  });
});

test("a failure stays at −1 when valid samples are shuffled", () => {
  const scores = Array.from({ length: 20 }, (_, seed) => shuffleScores(rows, "valid", `${seed}`)[6]!.score);
  expect(new Set(scores)).toEqual(new Set([-1]));
});

test("a failure's −1 does move when all are shuffled", () => {
  const moved = Array.from({ length: 20 }, (_, seed) => shuffleScores(rows, "all", `${seed}`)[6]!.score);
  expect(moved.some((score) => score !== -1)).toBe(true);
});
