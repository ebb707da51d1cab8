import { expect, test } from "vitest";
import { count, measured, rowLine, share, type Table, tableLines, tableMarkdown } from "../../../src/contract/table.ts";

const table: Table = {
  title: "mmsi",
  columns: [
    { name: "policy", title: "policy", kind: "text" },
    { name: "n", title: "questions", kind: "count" },
    { name: "accuracy", title: "accuracy", kind: "measured" },
    { name: "change", title: "against base", kind: "change" },
    { name: "digest", title: "digest", kind: "digest" },
    { name: "empty", title: "nothing", kind: "text" },
  ],
  rows: [
    { policy: "base", n: 1000, accuracy: { mean: 0.25, half: 0.03 }, change: null, digest: "9b1c0000", empty: "" },
    { policy: "a|b", n: 999, accuracy: null, change: { mean: -0.05, half: 0.02 }, digest: "", empty: null },
  ],
};

test("every kind of cell is drawn alike in the terminal and in Markdown; an empty column is left out", () => {
  expect(tableLines(table)).toEqual([
    "mmsi",
    "policy   questions    accuracy   against base   digest",
    "base         1,000   .25 ± .03              –    9b1c…",
    "a|b            999           –     −.05 ± .02        –",
  ]);
  expect(tableMarkdown(table).split("\n")).toEqual([
    "**mmsi**",
    "",
    "| policy | questions | accuracy | against base | digest |",
    "|---|---|---|---|---|",
    "| base | 1,000 | .25 ± .03 | – | 9b1c… |",
    "| a\\|b | 999 | – | −.05 ± .02 | – |",
  ]);
  expect(rowLine(table, table.rows[0]!)).toBe("policy base   questions 1,000, accuracy .25 ± .03, digest 9b1c…");
});

test("a change says its sign", () => {
  const [, , up] = tableLines({ ...table, rows: [{ policy: "x", change: { mean: 0.1, half: 0.04 } }] });
  expect(up).toContain("+.10 ± .04");
});

test("numbers as the field prints them", () => {
  expect([0.62, 1, 0, -0.05, -0.001, null].map(share)).toEqual([".62", "1.00", ".00", "−.05", ".00", "–"]);
  expect(measured({ mean: 0.625, half: 0.031 })).toBe(".63 ± .03");
  expect(measured(null)).toBe("–");
  expect([0, 999, 2351, 1234567].map(count)).toEqual(["0", "999", "2,351", "1,234,567"]);
});
