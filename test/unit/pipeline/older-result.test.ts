import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { accountSentences } from "../../../src/contract/account.ts";
import { tableLines } from "../../../src/contract/table.ts";
import { readResult } from "../../../src/pipeline/result.ts";

const fixture = join(import.meta.dirname, "../../fixtures/older/snowball.json");

test("what a run wrote before results had tables reads as it was printed then", () => {
  const result = readResult(JSON.parse(readFileSync(fixture, "utf8")));
  expect(result).toMatchObject({ pipeline: "snowball", run: "simulated", policy: { dtype: "bfloat16" } });
  expect(result.tables.map(tableLines)).toEqual([
    [
      "iteration   pairs   weak    gap   loss    accuracy   policy",
      "base            –      –      –      –   .42 ± .25    4611…",
      "1               4      1   0.68    .17   .50 ± .25    b4f9…",
      "2               4      1   0.61    .17   .33 ± .25    cd50…",
      "3               4      0   0.65    .17   .36 ± .27    d063…",
      "4               4      1   0.52    .17   .25 ± .25    c5b7…",
      "5               4      2   0.34    .17   .25 ± .25    15cd…",
      "for comparison: no view .33 · random view .50 · best constant view (above) .75 · best view always .83",
    ],
  ]);
  expect(accountSentences(result.accounts)).toEqual([
    "Every sample is accounted for: 80 = 69 with views + 2 without + 8 policy failures + 1 quarantined.",
    "Every question is accounted for: 20 = 20 pairs.",
  ]);
  expect(Object.keys(result.files)).toEqual(["Final model"]);
});

test("what no version wrote is refused", () => {
  expect(() => readResult({ status: "completed" })).toThrow(
    "This is not the result of a run that this version can read.",
  );
});
