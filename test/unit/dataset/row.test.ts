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
    [{ ...row, images: "a.png" }, /^images is missing or empty/],
    [{ ...row, images: ["a.png", 7] }, /^images\[1\] is not a file name/],
    [{ ...row, images: ["/etc/a.png"] }, /^images\[0\] "\/etc\/a.png" leaves image_root/],
    [{ ...row, images: ["a/../../b.png"] }, /^images\[0\] "a\/\.\.\/\.\.\/b\.png" leaves image_root/],
    [{ ...row, images: ["C:/a.png"] }, /^images\[0\] "C:\/a\.png" leaves image_root/],
    [{ ...row, images: ["a\\b.png"] }, /has a backslash/],
    [{ ...row, images: ["https://x/a.png"] }, /^images\[0\] "https:\/\/x\/a\.png" is an address/],
    [{ ...row, question: "  " }, /^question is missing or empty/],
    [{ ...row, question: "<image> What?" }, /^question has the marker <image>/],
    [{ ...row, question: "a <|im_end|> b" }, /^question has the marker <\|im_end\|>/],
    [{ ...row, answer: 3 }, /^answer is no text or empty/],
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
