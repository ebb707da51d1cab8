import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadQuestions } from "../../../src/dataset/questions.ts";
import type { RowFormat } from "../../../src/dataset/row.ts";
import { aRow } from "../../support/data.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const PARQUET = join(import.meta.dirname, "../../fixtures/parquet");

function load(path: string, format: RowFormat = "auto") {
  return loadQuestions({ path, name: "data/q", format });
}

function file(content: string): string {
  const path = join(temporaryFolder(), "q.json");
  writeFileSync(path, content);
  return path;
}

test("a JSON array and JSON Lines give the same questions; rows are counted as lines", async () => {
  const rows = [aRow("a"), aRow("b"), aRow("c")];
  const array = await load(file(JSON.stringify(rows, null, 2)));
  const lines = await load(file(`\n${rows.map((each) => JSON.stringify(each)).join("\r\n\r\n")}\n\n`));
  expect(array.questions.map(({ id }) => id)).toEqual(["a", "b", "c"]);
  expect(array.rows).toEqual([1, 2, 3]);
  expect(lines.questions).toEqual(array.questions);
  expect(lines.rows).toEqual([2, 4, 6]);
});

test("a file larger than one read, with letters that straddle its edges", async () => {
  const rows = Array.from({ length: 3000 }, (_, i) => aRow(`q${i}`, { question: `${"空間推論".repeat(20)}${i}` }));
  const { questions } = await load(file(JSON.stringify(rows)));
  expect(questions.map(({ question }) => question)).toEqual(rows.map((row) => row["question"]));
});

test("a first row that is one object without a row's fields is a row; one that holds the rows is not", async () => {
  const both = `{"x":[{"y":1}]}\n${JSON.stringify(aRow("a"))}`;
  await expect(load(file(both))).rejects.toThrow('data/q is one object with its rows under "x"');
  await expect(load(file(`{"x":[1]}\n${JSON.stringify(aRow("a"))}`))).rejects.toThrow("data/q, row 1: id is missing");
});

test("ids of 64 bits keep their last digit", async () => {
  const ids = ["1234567890123456789", "-9223372036854775808", "7"];
  const lines = ids.map((id) => JSON.stringify(aRow("a")).replace('"a"', id));
  for (const content of [lines.join("\n"), `[${lines.join(",")}]`]) {
    expect((await load(file(content))).questions.map(({ id }) => id)).toEqual(ids);
  }
});

describe("a file of another shape is told so in a sentence", () => {
  const columns = { id: ["a", "b"], image: ["a.png", "b.png"], question: ["What?", "Where?"] };
  const byNumber = { id: { 0: "a", 1: "b" }, question: { 0: "What?", 1: "Where?" } };
  const rows = [aRow("a"), aRow("b")];
  const told = /^data\/q is one object with (a column|its rows)/;
  test.each<[string, string, string]>([
    ["columns", JSON.stringify(columns), "with a column under each name; rows are needed: an array of objects, or one"],
    ["columns over lines", JSON.stringify(columns, null, 2), "with a column under each name"],
    ["columns by number, as pandas writes them", JSON.stringify(byNumber), 'orient="records"'],
    ["the same over lines", JSON.stringify(byNumber, null, 2), "with a column under each name"],
    ["rows under a name", JSON.stringify({ questions: rows }), 'with its rows under "questions"; the rows alone'],
    ["behind an object", JSON.stringify({ info: { year: 2026 }, questions: rows }), 'with its rows under "questions"'],
  ])("%s", async (_name, content, sentence) => {
    const said = load(file(content));
    await expect(said).rejects.toThrow(told);
    await expect(said).rejects.toThrow(sentence);
  });
});

test("the shipped sample without answers is of the plain shape", async () => {
  const { questions } = await load(join(import.meta.dirname, "../../../configs/samples/plain.jsonl"), "plain");
  expect(questions).toHaveLength(40);
  expect(questions[1]).toEqual({
    id: "1",
    images: ["images/01.png"],
    question: "Which square is further to the left?",
    question_type: "all",
    scene: "images/01.png",
  });
});

describe("parquet, as pyarrow writes it", () => {
  test.each(["snappy", "zstd", "gzip", "brotli", "none"])("packed with %s, in two row groups", async (packing) => {
    const { questions, rows } = await load(join(PARQUET, `names.${packing}.parquet`));
    expect(rows).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(questions.map(({ id }) => id)).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    expect(questions[6]).toEqual({
      id: "6",
      images: ["images/06.png"],
      question: "Wo ist Nummer 6? 空間",
      answer: "C",
      question_type: "left",
      scene: "images/06.png",
    });
  });

  test("a row of it is named as any other; a number is an answer, null is none", async () => {
    await expect(load(join(PARQUET, "plain.parquet"))).rejects.toMatchObject({
      message: 'data/q, row 3 (id "c"): question is missing or empty.',
    });
  });

  test("a packing that is not known is called by its name", async () => {
    await expect(load(join(PARQUET, "names.lz4.parquet"))).rejects.toThrow(
      /^data\/q, rows 1 to 4: they cannot be read \(.*LZ4_RAW\); .*snappy or zstd/,
    );
  });

  test.each(["packed", "packed-struct"])(
    "%s: images in it have to be unpacked, and the command is named",
    async (name) => {
      await expect(load(join(PARQUET, `${name}.parquet`))).rejects.toThrow(
        /^data\/q holds the images themselves .*`bin\/snowball data unpack data\/q --to FOLDER` writes them/,
      );
    },
  );
});
