import { expect, test } from "vitest";
import type { ScoreRow } from "../../../../src/contract/measurement.ts";
import { type CellRows, lostOf, tabulate } from "../../../../src/measuring/tables.ts";

const OPTIONS = { seed: "s", resamples: 200 };
const ARTIFACT = { key: "k", sha256: "s", bytes: 1, rows: 4 };

/** A policy's answers to four questions of two types in four scenes: 1 right, 0 wrong, null lost. */
function cell(policy: string, answers: readonly (number | null)[]): CellRows {
  const rows: ScoreRow[] = answers.map((accuracy, at) => ({
    id: `q${at}`,
    group: `scene-${at}`,
    type: at < 2 ? "Motion" : "Position",
    split: "test",
    scores: { accuracy },
  }));
  const known = answers.filter((each) => each !== null);
  const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
  const counts = {
    right: known.filter((each) => each === 1).length,
    wrong: known.filter((each) => each === 0).length,
    unparseable: 0,
    quarantined: answers.length - known.length,
  };
  const scores = { accuracy: { mean, half: 0 } };
  const measured = { benchmark: "mmsi", split: "test", scores, items: answers.length, counts, rows: ARTIFACT };
  return { policy, digest: `d-${policy}`, measured, rows };
}

test("each policy has a row, and its change is over the questions that both answered", async () => {
  const cells = [cell("base", [1, 0, 0, null]), cell("tuned", [1, 1, 1, 0])];
  const [table, types] = (await tabulate(cells, OPTIONS)).tables;
  expect(table!.rows.map((row) => [row["policy"], row["digest"]])).toEqual([
    ["base", "d-base"],
    ["tuned", "d-tuned"],
  ]);
  const [base, tuned] = table!.rows;
  expect(base!["mmsi change"]).toBeNull();
  // Of the three that both answered, base has one right and the other all three.
  expect((tuned!["mmsi change"] as { mean: number }).mean).toBeCloseTo(2 / 3);
  expect(types!.rows).toEqual([
    { type: "Motion", questions: 2, base: 0.5, tuned: 1 },
    { type: "Position", questions: 2, base: 0, tuned: 0.5 },
  ]);
});

test("one policy alone is compared with nothing, and every pass has its account", async () => {
  const alone = cell("base", [1, 0, null, null]);
  const { tables, accounts } = await tabulate([alone], OPTIONS);
  expect(tables[0]!.columns.map(({ name }) => name)).toEqual(["policy", "mmsi", "mmsi unparseable", "digest"]);
  expect(accounts).toEqual([
    {
      of: "question of mmsi to base",
      total: 4,
      parts: { right: 1, wrong: 1, unparseable: 0, quarantined: 2 },
    },
  ]);
  expect(lostOf(alone)).toBe("2 answers of 4 of base to mmsi");
});

test("a benchmark's further scores have a row each, with the paired change", async () => {
  const parts = { total: { name: "a", weight: 0.5 } };
  const other = { total: { name: "b", weight: 0.5 } };
  /** Two questions of part a, then one of part b, then one that counts in neither. */
  const scored = (policy: string, answers: readonly number[]): CellRows => {
    const { rows, measured, ...about } = cell(policy, answers);
    const more = rows.map((row, at) =>
      at === 3 ? row : { ...row, scores: { ...row.scores, total: answers[at]! }, parts: at < 2 ? parts : other },
    );
    const total = { mean: (answers[0]! + answers[1]!) / 4 + answers[2]! / 2, half: 0.1 };
    return {
      ...about,
      rows: more,
      measured: { ...measured, scores: { ...measured.scores, unparseable: null, total } },
    };
  };
  const cells = [scored("base", [1, 0, 0, 1]), scored("tuned", [1, 1, 1, 0])];
  const [, scores] = (await tabulate(cells, OPTIONS)).tables;
  expect(scores!.columns.map(({ name, kind }) => [name, kind])).toEqual([
    ["score", "text"],
    ["questions", "count"],
    ["base", "measured"],
    ["tuned", "measured"],
    ["tuned change", "change"],
  ]);
  // Of a one of two more, of b one of one more: ½ · ½ + ½ · 1.
  expect(scores!.rows).toEqual([
    {
      score: "total",
      questions: 3,
      base: { mean: 0.25, half: 0.1 },
      tuned: { mean: 1, half: 0.1 },
      "tuned change": { mean: 0.75, half: expect.any(Number) },
    },
  ]);
});
