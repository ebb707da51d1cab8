import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Row } from "../../../../src/dataset/adapters/row-cutter.ts";
import { officialRows } from "../../../../src/dataset/sets/vqa.ts";

const root = mkdtempSync(join(tmpdir(), "snowball-vqa-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const QUESTIONS = "v2_OpenEnded_mscoco_train2014_questions.json";

const question = (id: number, image = 42) => ({ image_id: image, question: "What is this?", question_id: id });
const annotation = (id: number, image = 42) => ({
  question_type: "what is",
  multiple_choice_answer: "cat",
  answers: ["cat", "cat", "dog"].map((answer, at) => ({ answer, answer_confidence: "yes", answer_id: at + 1 })),
  image_id: image,
  answer_type: "other",
  question_id: id,
});

/** As the official files have it: what the data are before the list, and more behind it. */
function write(name: string, key: string, rows: readonly object[], beside: object = {}) {
  const info = { info: { description: "[VQA]", year: 2017 }, data_subtype: "train2014" };
  writeFileSync(join(root, name), JSON.stringify({ ...info, [key]: rows, license: { name: "CC" }, ...beside }));
  return { file: join(root, name), name };
}

async function read(questions: readonly object[], annotations: readonly object[], name = QUESTIONS): Promise<Row[]> {
  const given = [write(name, "questions", questions), write("annotations.json", "annotations", annotations)] as const;
  return rowsOf(officialRows(...given));
}

async function rowsOf(read: AsyncIterable<Row>): Promise<Row[]> {
  const rows = [];
  for await (const row of read) rows.push(row);
  return rows;
}

test("the official questions and annotations are joined, whatever their order", async () => {
  const rows = await read([question(7), question(8, 131_074)], [annotation(8, 131_074), annotation(7)]);
  expect(rows).toEqual([
    {
      row: 1,
      value: {
        id: "7",
        image: "COCO_train2014_000000000042.jpg",
        question: "What is this?",
        answers: ["cat", "cat", "dog"],
        question_type: "what is",
      },
    },
    { row: 2, value: expect.objectContaining({ id: "8", image: "COCO_train2014_000000131074.jpg" }) },
  ]);
});

test("a question without its annotation, and an annotation about another picture, are said by row", async () => {
  expect(await read([question(7)], [annotation(8)])).toEqual([
    { row: 1, problem: "no annotation has its question_id (7)" },
  ]);
  expect(await read([question(7)], [annotation(7, 43)])).toEqual([
    { row: 1, problem: "its annotation is about the image 43" },
  ]);
  const [bad] = await read([question(7)], [{ ...annotation(7), answers: [{ answer: "" }] }]);
  expect(bad).toMatchObject({ problem: "of its annotation, answers has an entry that is no text or empty" });
});

test("files of another shape are refused", async () => {
  const kept = "keep the official one (…_train2014_questions.json)";
  await expect(read([question(7)], [annotation(7)], "questions.json")).rejects.toThrow(kept);
  await expect(read([question(7)], [annotation(7), annotation(7)])).rejects.toThrow(
    "two annotations for the question 7",
  );
  const [questions, annotations] = [
    write(QUESTIONS, "rows", [question(7)]),
    write("a.json", "annotations", [annotation(7)]),
  ];
  await expect(rowsOf(officialRows(questions, annotations))).rejects.toThrow('has no list under "questions"');
  const torn = write(QUESTIONS, "questions", [question(7)]);
  writeFileSync(torn.file, '{"questions": [{"question_id": 7, "image_id": 42, "question": "W');
  await expect(rowsOf(officialRows(torn, annotations))).rejects.toThrow("is cut off");
});
