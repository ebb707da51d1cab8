import { describe, expect, test } from "vitest";
import { readRow } from "../../../src/dataset/row.ts";

const row = { id: "s-1", images: ["a/1.png", "2.png"], question: "What is left?", answer: "B", question_type: "left" };

test("a row of MMSI-Bench is a question; its first image names the scene", () => {
  expect(readRow({ ...row, thought: "unused" })).toEqual({
    question: {
      id: "s-1",
      images: ["a/1.png", "2.png"],
      question: "What is left?",
      answer: "B",
      question_type: "left",
      scene: "a/1.png",
    },
  });
});

test("a whole number is an id; answer and type may be absent", () => {
  expect(readRow({ id: 17, images: ["a.png"], question: " q? " })).toEqual({
    question: { id: "17", images: ["a.png"], question: "q?", question_type: "all", scene: "a.png" },
  });
});

test("a plain row: one name or several, no answer, no family", () => {
  const plain = { id: 3n, image: "a.png", question: "q?", answer: null, question_type: null };
  const question = { id: "3", images: ["a.png"], question: "q?", question_type: "all", scene: "a.png" };
  for (const format of ["auto", "plain"] as const) expect(readRow(plain, format)).toEqual({ question });
  expect(readRow({ ...plain, image: ["a.png", "b.png"] })).toEqual({
    question: { ...question, images: ["a.png", "b.png"] },
  });
  expect(readRow({ ...plain, image: undefined, images: "a.png" }, "mmsi")).toEqual({ question });
});

test("a number is an answer; a row can name its scene", () => {
  expect(readRow({ ...row, answer: 3, scene: "kitchen", question_type: 7 })).toMatchObject({
    question: { answer: "3", scene: "kitchen", question_type: "7", images: row.images },
  });
});

test("the format says where images are named; images come first where it says nothing", () => {
  const both = { ...row, image: "other.png" };
  expect(readRow(both)).toMatchObject({ question: { images: row.images } });
  expect(readRow(both, "plain")).toMatchObject({ question: { images: ["other.png"] } });
  expect(readRow(row, "plain")).toMatchObject({ problem: expect.stringMatching(/^image is missing or empty/) });
  expect(readRow({ ...both, images: null }, "mmsi")).toMatchObject({
    problem: expect.stringMatching(/^images is miss/),
  });
});

describe("refused", () => {
  test.each<[object | string | null, RegExp]>([
    ["row", /^it is not an object$/],
    [null, /^it is not an object$/],
    [[row], /^it is not an object$/],
    [{ ...row, id: undefined }, /^id is missing/],
    [{ ...row, id: 1.5 }, /^id is missing/],
    [{ ...row, id: "" }, /^id is empty/],
    [{ ...row, id: " a" }, /^id is empty or has white space/],
    [{ ...row, id: "a/b" }, /^id names a folder/],
    [{ ...row, id: "a\\b" }, /^id names a folder/],
    [{ ...row, id: "a..b" }, /^id names a folder/],
    [{ ...row, id: ".." }, /^id names a folder/],
    [{ ...row, id: ".hidden" }, /^id names a folder/],
    [{ ...row, id: "a\u0000" }, /^id names a folder/],
    [{ ...row, id: "x".repeat(121) }, /^id has 121 characters; at most 120/],
    [{ ...row, images: undefined }, /^images is missing or empty/],
    [{ ...row, images: [] }, /^images is missing or empty/],
    [{ ...row, images: { bytes: "x" } }, /^images is missing or empty/],
    [{ ...row, images: undefined, image: "/a.png" }, /^image\[0\] "\/a.png" leaves image_root/],
    [{ ...row, images: ["a.png", 7] }, /^images\[1\] is not a file name/],
    [{ ...row, images: ["/etc/a.png"] }, /^images\[0\] "\/etc\/a.png" leaves image_root/],
    [{ ...row, images: ["a/../../b.png"] }, /^images\[0\] "a\/\.\.\/\.\.\/b\.png" leaves image_root/],
    [{ ...row, images: ["C:/a.png"] }, /^images\[0\] "C:\/a\.png" leaves image_root/],
    [{ ...row, images: ["a\\b.png"] }, /has a backslash/],
    [{ ...row, images: ["https://x/a.png"] }, /^images\[0\] "https:\/\/x\/a\.png" is an address/],
    [{ ...row, question: "  " }, /^question is missing or empty/],
    [{ ...row, question: "<image> What?" }, /^question has the marker <image>/],
    [{ ...row, question: "a <|im_end|> b" }, /^question has the marker <\|im_end\|>/],
    [{ ...row, answer: ["A"] }, /^answer is no text or empty/],
    [{ ...row, answer: Number.NaN }, /^answer is no text or empty/],
    [{ ...row, scene: "" }, /^scene is no text or empty/],
    [{ ...row, answer: "" }, /^answer is no text or empty/],
    [{ ...row, question_type: [] }, /^question_type is no text or empty/],
  ])("%j", (value, message) => {
    const read = readRow(value);
    expect("problem" in read && read.problem).toMatch(message);
  });
});

test.each(["a..png", "..a/b.png", "a b/ü.png"])("%s stays inside image_root", (name) => {
  expect(readRow({ ...row, images: [name] })).toHaveProperty("question");
});
