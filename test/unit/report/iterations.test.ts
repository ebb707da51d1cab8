import { expect, test } from "vitest";
import type { IterationRow } from "../../../src/contract/progress.ts";
import { floorsLine, iterationLine, iterationTable, titleOf } from "../../../src/report/iterations.ts";

const base: IterationRow = {
  iteration: -1,
  pairs: 0,
  weak: 0,
  gap: null,
  loss: null,
  score: { accuracy: { mean: 0.41, half: 0.03 }, useful: { mean: 0.34, half: 0.04 }, questions: 200 },
  policy: "9b1c0000",
  decision: null,
};
const first: IterationRow = {
  iteration: 0,
  pairs: 58,
  weak: 4,
  gap: 1.12,
  loss: 0.43,
  score: { accuracy: { mean: 0.62, half: 0.03 }, useful: null, questions: 200 },
  policy: "3fa90000",
  decision: "promote",
};

test("the table: the base has no pairs, columns are aligned", () => {
  expect(iterationTable([base, first])).toEqual([
    "iteration   pairs   weak    gap   loss    accuracy   useful views   policy",
    "base            –      –      –      –   .41 ± .03      .34 ± .04    9b1c…",
    "1              58      4   1.12    .43   .62 ± .03              –    3fa9…",
  ]);
});

test("what the gate did is said where it was not the usual", () => {
  const [, back, none] = iterationTable([
    { ...first, decision: "roll_back" },
    { ...first, iteration: 1, pairs: 0, decision: "no_pairs" },
  ]);
  expect(back).toMatch(/ {3}rolled back$/);
  expect(none).toMatch(/ {3}no pairs, policy unchanged$/);
});

test("one iteration as a sentence", () => {
  expect(iterationLine(first, 5)).toBe(
    "iteration 1 of 5 (iter_0)   58 pairs (4 weak), loss .43, accuracy .62 ± .03, policy 3fa9…",
  );
  expect(iterationLine(base, 5)).toBe("base policy   accuracy .41 ± .03, useful views .34 ± .04, policy 9b1c…");
  expect(titleOf(4, 5)).toBe("iteration 5 of 5 (iter_4)");
});

test("floors: only what was measured", () => {
  const floors = { no_view: 0.06, random_view: 0.18, best_constant: null, best_constant_useful: null, best_view: 0.83 };
  expect(floorsLine(floors)).toBe("for comparison: no view .06 · random view .18 · best view always .83");
  expect(floorsLine({ ...floors, best_constant: { name: "left", accuracy: 0.24 } })).toContain(
    "best constant view (left) .24",
  );
  expect(floorsLine({ ...floors, no_view: null, random_view: null, best_view: null })).toBeNull();
  expect(floorsLine(null)).toBeNull();
});
