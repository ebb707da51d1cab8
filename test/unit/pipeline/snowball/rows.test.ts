import { expect, test } from "vitest";
import { rowLine, tableLines, tableMarkdown } from "../../../../src/contract/table.ts";
import {
  type Floors,
  type IterationRow,
  iterationTable,
  iterationTitle,
} from "../../../../src/pipeline/snowball/contract/rows.ts";

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
const FLOORS: Floors = {
  no_view: 0.06,
  random_view: 0.18,
  best_constant: null,
  best_constant_useful: null,
  best_view: 0.83,
};

test("the table: the base has no pairs, columns are aligned, what the gate did is said where it was not the usual", () => {
  expect(tableLines(iterationTable([base, first], null))).toEqual([
    "iteration   pairs   weak    gap   loss    accuracy   useful views   policy",
    "base            –      –      –      –   .41 ± .03      .34 ± .04    9b1c…",
    "1              58      4   1.12    .43   .62 ± .03              –    3fa9…",
  ]);
  const [, back, none] = tableLines(
    iterationTable(
      [
        { ...first, decision: "roll_back" },
        { ...first, iteration: 1, pairs: 0, decision: "no_pairs" },
      ],
      null,
    ),
  );
  expect(back).toMatch(/ {3}rolled back$/);
  expect(none).toMatch(/ {3}no pairs, policy unchanged$/);
});

test("the same as Markdown, with what it is compared with above it", () => {
  expect(tableMarkdown(iterationTable([first], FLOORS)).split("\n")).toEqual([
    "for comparison: no view .06 · random view .18 · best view always .83",
    "",
    "| iteration | pairs | weak | gap | loss | accuracy | policy |",
    "|---|---|---|---|---|---|---|",
    "| 1 | 58 | 4 | 1.12 | .43 | .62 ± .03 | 3fa9… |",
  ]);
});

test("one iteration as a sentence", () => {
  const { columns, rows } = iterationTable([base, first], null);
  expect(rowLine({ columns }, rows[1]!)).toBe(
    "iteration 1   pairs 58, weak 4, gap 1.12, loss .43, accuracy .62 ± .03, policy 3fa9…",
  );
  expect(rowLine({ columns }, rows[0]!)).toBe(
    "iteration base   accuracy .41 ± .03, useful views .34 ± .04, policy 9b1c…",
  );
  expect(iterationTitle(4, 5)).toBe("iteration 5 of 5 (iter_4)");
});

const note = (floors: Floors | null) => iterationTable([first], floors).notes?.[0];

test("floors: only what was measured", () => {
  expect(note({ ...FLOORS, best_constant: { name: "left", accuracy: 0.24 } })).toContain(
    "best constant view (left) .24",
  );
  expect(note({ ...FLOORS, no_view: null, random_view: null, best_view: null })).toBeUndefined();
  expect(note(null)).toBeUndefined();
});
