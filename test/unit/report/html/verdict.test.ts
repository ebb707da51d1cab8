import { expect, test } from "vitest";
import type { Column, Row } from "../../../../src/contract/table.ts";
import type { CommonRecipe } from "../../../../src/recipe/common.ts";
import type { ReportedRun } from "../../../../src/report/html/section.ts";
import { verdict } from "../../../../src/report/html/verdict.ts";

const COLUMNS: readonly Column[] = [
  { name: "policy", title: "policy", kind: "text" },
  { name: "accuracy", title: "accuracy", kind: "measured" },
];
const CHANGE: Column = { name: "change", title: "against base", kind: "change" };

function reported(columns: readonly Column[], rows: readonly Row[], more: Partial<ReportedRun> = {}): ReportedRun {
  return {
    name: "demo",
    recipe: { pipeline: "snowball", name: "demo" } as CommonRecipe,
    opening: "2 iterations",
    subject: "q.jsonl",
    finished: true,
    tables: rows.length === 0 ? [] : [{ columns, rows }],
    accounts: [],
    warnings: [],
    curves: [],
    times: [],
    digests: {},
    files: {},
    recipeText: "",
    texts: {},
    version: "0",
    sections: [],
    measured: [],
    ...more,
  };
}

const at = (policy: string, mean: number, half: number) => ({ policy, accuracy: { mean, half } });

test.each([
  [[at("base", 0.3, 0.1), at("2", 0.6, 0.1)], "better, and the 95 % intervals do not overlap"],
  [[at("base", 0.6, 0.1), at("2", 0.3, 0.1)], "worse, and the 95 % intervals do not overlap"],
  [[at("base", 0.3, 0.1), at("2", 0.45, 0.1)], "the 95 % intervals overlap, so this alone shows no difference"],
])("the first row is compared with the last (%#)", (rows, judged) => {
  expect(verdict(reported(COLUMNS, rows))[1]).toContain(judged);
});

test("a paired change is the sharper comparison", () => {
  const rows = [at("base", 0.3, 0.1), { ...at("2", 0.45, 0.1), change: { mean: 0.15, half: 0.05 } }];
  expect(verdict(reported([...COLUMNS, CHANGE], rows))[1]).toBe(
    "accuracy went from .30 ± .10 (base) to .45 ± .10 (2): better by a paired change whose 95 % interval excludes 0.",
  );
});

test("what is not there is not claimed", () => {
  const open = { of: "sample", total: 5, parts: { "with views": 3, quarantined: 1 } };
  expect(verdict(reported(COLUMNS, [], { finished: false, accounts: [open] }))).toEqual([
    "demo (snowball, 2 iterations, on q.jsonl) is not complete: what is here is what there was so far.",
    "Nothing was measured.",
    "Its accounts do not add up (sample).",
  ]);
});
