import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonRows, MAX_ROW_LENGTH } from "../../../src/dataset/adapters/json-rows.ts";
import { loadQuestions } from "../../../src/dataset/adapters/mmsi.ts";
import { StepFailure } from "../../../src/failure.ts";
import { scratchFolder } from "../../support/scratch.ts";

const row = (id: string) => ({ id, images: [`${id}.png`], question: "Where?", answer: "A", question_type: "left" });

function file(content: string | Buffer): string {
  const path = join(scratchFolder(), "q.json");
  writeFileSync(path, content);
  return path;
}

async function rowsOf(content: string): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const each of jsonRows(file(content), "q")) rows.push(each);
  return rows;
}

async function messageOf(path: string): Promise<string> {
  const failure: unknown = await loadQuestions(path, "data/q.json").then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(StepFailure);
  expect((failure as StepFailure).type).toBe("BadInput");
  return (failure as StepFailure).message;
}

test("a JSON array and JSON Lines give the same questions", async () => {
  const rows = [row("a"), row("b"), row("c")];
  const array = await loadQuestions(file(JSON.stringify(rows, null, 2)), "q");
  const lines = await loadQuestions(file(`${rows.map((each) => JSON.stringify(each)).join("\r\n")}\n\n`), "q");
  expect(array.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(lines).toEqual(array);
});

test("any values come through both shapes, whatever brackets, quotes and letters their texts hold", async () => {
  const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue());
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

test("a file larger than one read, with letters that straddle its edges", async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => ({ ...row(`q${i}`), question: `${"空間推論".repeat(20)}${i}` }));
  const questions = await loadQuestions(file(JSON.stringify(rows)), "q");
  expect(questions.map(({ question }) => question)).toEqual(rows.map(({ question }) => question));
});

describe("rows that are refused are named", () => {
  test("with their number, their id and how many more there are", async () => {
    const rows = [row("a"), { ...row("b"), images: [] }, row("c"), row("a"), { ...row("d"), question: "" }];
    expect(await messageOf(file(JSON.stringify(rows)))).toBe(
      'data/q.json, row 2 (id "b"): images is missing or empty; a list of file names is needed.\n2 more rows have problems.',
    );
  });

  test("an id that was there before", async () => {
    expect(await messageOf(file(JSON.stringify([row("a"), row("b"), row("a")])))).toBe(
      'data/q.json, row 3 (id "a"): row 1 has the same id.',
    );
  });

  test.each<[string, string, RegExp]>([
    ["a torn last line", `${JSON.stringify(row("a"))}\n{"id": "b", "ima`, /^data\/q\.json, row 2: it is not JSON \(/],
    [
      "a torn array",
      JSON.stringify([row("a"), row("b")]).slice(0, -20),
      /^data\/q\.json, row 2: it is cut off: the file ends inside it\.$/,
    ],
    [
      "an array without its end",
      JSON.stringify([row("a")]).slice(0, -1),
      /^data\/q\.json is cut off after row 1: the closing \] is missing\.$/,
    ],
    [
      "no comma",
      `[${JSON.stringify(row("a"))} ${JSON.stringify(row("b"))}]`,
      /has "\{" after row 1, where a comma or \] is needed/,
    ],
    ["two arrays", "[][]", /has "\[" after row 0, where the file should end/],
    ["a comma at the end", `[${JSON.stringify(row("a"))},]`, /row 2: it is not an object/],
    ["an array of texts", '["a"]', /row 1: it is not an object/],
    ["a line that is no object", "7\n", /row 1: it is not an object/],
    ["brackets that do not match", '[{"id": [}]', /row 1: it is/],
    ["one object over lines", JSON.stringify(row("a"), null, 2), /row 1: it is not JSON/],
    ["nothing", "", /^data\/q\.json has no questions\.$/],
    ["white space", " \n\n", /^data\/q\.json has no questions\.$/],
    ["an empty array", "[]", /^data\/q\.json has no questions\.$/],
  ])("%s", async (_name, content, message) => {
    expect(await messageOf(file(content))).toMatch(message);
  });

  test("200 MB in one question: refused when the limit is reached, in both shapes", async () => {
    const large = { ...row("big"), picture: "x".repeat(2 * MAX_ROW_LENGTH) };
    const message = `data/q.json, row 2: it is longer than ${MAX_ROW_LENGTH} characters.`;
    expect(await messageOf(file(JSON.stringify([row("a"), large])))).toBe(message);
    expect(await messageOf(file(`${JSON.stringify(row("a"))}\n${JSON.stringify(large)}\n`))).toBe(message);
  });

  test("bytes that are no text, a folder, a file that is not there", async () => {
    expect(await messageOf(file(Buffer.from([0x5b, 0xff, 0xfe, 0x5d])))).toBe("data/q.json is not UTF-8 text.");
    expect(await messageOf(scratchFolder())).toBe("data/q.json is a folder; a file is needed.");
    expect(await messageOf(join(scratchFolder(), "none.json"))).toBe("data/q.json does not exist.");
  });
});
