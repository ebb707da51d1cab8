import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { jsonRows } from "../../../src/dataset/adapters/json-rows.ts";
import { MAX_ROW_LENGTH, type Row } from "../../../src/dataset/adapters/row-cutter.ts";
import { temporaryFolder } from "../../support/temporary.ts";

async function rowsOf(content: string): Promise<Row[]> {
  const path = join(temporaryFolder(), "q.json");
  writeFileSync(path, content);
  const rows: Row[] = [];
  for await (const each of jsonRows(path, "q.json")) rows.push(each);
  return rows;
}

test("any values come through both shapes, whatever brackets, quotes and letters their texts hold", async () => {
  // One with an id is a row; without, a first line can be an object that holds all rows.
  const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()).map((each) => ({ id: 1, ...each }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(object, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(undefined, 2, "\t"),
      async (values, indent) => {
        // A key "__proto__" is a plain entry after JSON.parse; compare with what JSON itself gives back.
        const expected = values.map((value, i) => ({
          row: i + 1,
          value: JSON.parse(JSON.stringify(value)) as unknown,
        }));
        expect(await rowsOf(JSON.stringify(values, null, indent))).toEqual(expected);
        const lines = values.map((value) => JSON.stringify(value)).join("\n");
        expect(await rowsOf(lines)).toEqual(expected);
      },
    ),
    { numRuns: 50 },
  );
});

test("line ends of Windows, blank lines and a byte order mark are no part of a row; blank lines are counted", async () => {
  const rows = [
    { row: 1, value: { a: 1 } },
    { row: 3, value: { a: 2 } },
  ];
  expect(await rowsOf('\uFEFF{"a":1}\r\n\r\n{"a":2}\r\n')).toEqual(rows);
  expect(await rowsOf('\uFEFF[\r\n{"a":1}]')).toEqual([{ row: 1, value: { a: 1 } }]);
});

test("a row that is no JSON is named, and the rows after it are still read", async () => {
  const rows = await rowsOf('{"a":1}\n{"a":\n{"a":3}\n');
  expect(rows.map((row) => "problem" in row)).toEqual([false, true, false]);
  expect(rows[1]).toMatchObject({ row: 2, problem: expect.stringMatching(/^it is not JSON \(.+\)$/) });
  const elements = await rowsOf('[{"a":1},{"a" 2},{"a":3}]');
  expect(elements.map((row) => "problem" in row)).toEqual([false, true, false]);
});

test("200 MB in one row: only its length is kept, and the rows after it are still read", async () => {
  const large = JSON.stringify({ picture: "x".repeat(2 * MAX_ROW_LENGTH) });
  const problem = {
    row: 2,
    problem: expect.stringMatching(/^it is longer than 1000000 characters; images that lie in rows/) as string,
  };
  const expected = [{ row: 1, value: {} }, problem, { row: 3, value: { a: 3 } }];
  expect(await rowsOf(`{}\n${large}\n{"a":3}`)).toEqual(expected);
  expect(await rowsOf(`[{}, ${large}, {"a":3}]`)).toEqual(expected);
});

test("zero bytes are called so", async () => {
  const problem = "it has zero bytes, as a file that was not written to its end";
  expect(await rowsOf('{"a":1}\n\0\0\0\0')).toEqual([
    { row: 1, value: { a: 1 } },
    { row: 2, problem },
  ]);
});
