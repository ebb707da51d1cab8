import { describe, expect, test } from "vitest";
import { readRow } from "../../../src/dataset/row.ts";

/** The beginning of any picture in PNG, in base64. */
const PNG = `iVBORw0KGgoAAAANSUhEUgAAAAgAAAAGCAIAAABxZ0isAAAA${"A".repeat(40)}`;

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
    [{ ...row, id: "x".repeat(201) }, /^id has 201 bytes; it names a folder, and at most 200 are possible/],
    [{ ...row, id: "空".repeat(67) }, /^id has 201 bytes/],
    [{ ...row, images: undefined }, /^images is missing or empty/],
    [{ ...row, images: [] }, /^images is missing or empty/],
    [{ ...row, images: { bytes: "x" } }, /^images\[0\] is not a file name/],
    [
      { ...row, images: [{ bytes: new Uint8Array(9), path: "a.png" }] },
      /^images\[0\] holds an image itself.*data unpack/,
    ],
    [{ ...row, images: `data:image/png;base64,${PNG}` }, /^images\[0\] holds an image itself/],
    [{ ...row, images: [PNG] }, /^images\[0\] holds an image itself/],
    [{ ...row, images: undefined, image: "/a.png" }, /^image\[0\] "\/a.png" leaves image_root/],
    [{ ...row, images: ["a.png", 7] }, /^images\[1\] is not a file name/],
    [{ ...row, images: ["/etc/a.png"] }, /^images\[0\] "\/etc\/a.png" leaves image_root/],
    [{ ...row, images: ["a/../../b.png"] }, /^images\[0\] "a\/\.\.\/\.\.\/b\.png" leaves image_root/],
    [{ ...row, images: ["C:/a.png"] }, /^images\[0\] "C:\/a\.png" leaves image_root/],
    [{ ...row, images: ["a\\b.png"] }, /has a backslash/],
    [{ ...row, images: ["https://x/a.png"] }, /^images\[0\] "https:\/\/x\/a\.png" is an address/],
    [{ ...row, question: "  " }, /^question is missing or empty/],
    [{ ...row, question: "<image> What?" }, /^question has 1 marker <image>, but its row names 2 images/],
    [{ ...row, question: "<image><image>What in <image>?" }, /^question has the marker <image> after its text began/],
    [{ ...row, question: "<image>\n<image>" }, /^question is missing or empty/],
    [{ ...row, question: "Where is <|vision_start|>?" }, /^question has the marker <\|vision_start\|>/],
    [{ ...row, question: "a <|im_end|> b" }, /^question has the marker <\|im_end\|>/],
    [{ ...row, answer: [] }, /^answer is no text or empty/],
    [{ ...row, answer: ["A", "A", "B"] }, /^answer names 3 answers; one is needed/],
    [{ ...row, answer: true }, /^answer is no text or empty/],
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

test("an id may have as many bytes as its folder's and its images' names leave", () => {
  expect(readRow({ ...row, id: "空".repeat(66) })).toHaveProperty("question");
});

test("MMSI-Bench's own JSON: local_images, gt_answer and type", () => {
  const { images, answer, question_type: type, ...rest } = row;
  const own = { ...rest, local_images: images, gt_answer: answer, type };
  const { question } = readRow(row) as { question: object };
  for (const format of ["auto", "mmsi"] as const) expect(readRow(own, format)).toEqual({ question });
  // Elsewhere `type` may mean anything.
  expect(readRow({ ...own, local_images: null, images })).toMatchObject({ question: { question_type: "all" } });
});

test("image markers before a question are taken as in pairs, and images may come as {path}", () => {
  const marked = { ...row, question: " <image>\n<image> What is left?" };
  expect(readRow(marked)).toMatchObject({ question: { question: "What is left?" } });
  expect(readRow({ ...row, images: [{ path: "a.png", bytes: null }] })).toMatchObject({
    question: { images: ["a.png"] },
  });
});

test("the truth has several names and shapes; all that are there must say the same", () => {
  const { answer: _, ...open } = row;
  for (const truth of [
    { gt_answer: "B" },
    { ground_truth: ["B"] },
    { answer: ["B"] },
    { answer: "B", ground_truth: "B " },
  ]) {
    expect(readRow({ ...open, ...truth })).toMatchObject({ question: { answer: "B" } });
  }
  expect(readRow({ ...open, answer: "B", gt_answer: "C" })).toMatchObject({
    problem: 'answer is "B", but gt_answer is "C"; one truth is needed',
  });
  expect(readRow({ ...open, answer_index: 1 })).toMatchObject({
    problem: "answer_index is 1, but there are no options; the answer itself is needed",
  });
});

test.each(["id", "question", "answer", "scene", "question_type", "images"])(
  "half a character in %s is refused",
  (field) => {
    const broken = "cut \ud83d";
    const read = readRow({ ...row, [field]: field === "images" ? [`${broken}.png`] : broken });
    expect(read).toMatchObject({ problem: expect.stringContaining("half a character") });
  },
);

describe("options", () => {
  const asked = { ...row, answer: undefined, question: "What is left?" };
  const LINES = "What is left?\nA. a cat\nB. the dog\nC. 7";

  test.each<[string, object]>([
    ["a list", { options: ["a cat", "the dog", 7] }],
    ["choices", { choices: ["a cat", "the dog", "7"] }],
    ["an object", { options: { B: "the dog", A: "a cat", c: "7", D: null } }],
    ["with their letters", { options: ["A. a cat", "(B) the dog", "C: 7"] }],
  ])("%s: lines behind the question", (_name, options) => {
    expect(readRow({ ...asked, ...options })).toMatchObject({ question: { question: LINES } });
  });

  test("that the question says with their letters are not said again", () => {
    const question = "What is left? Options: A: a cat, B: the dog, C: 7";
    expect(readRow({ ...asked, question, options: ["a cat", "the dog", 7] })).toMatchObject({ question: { question } });
    expect(readRow({ ...asked, question: "a cat, the dog or 7?", options: ["a cat", "the dog", 7] })).toMatchObject({
      question: { question: "a cat, the dog or 7?\nA. a cat\nB. the dog\nC. 7" },
    });
  });

  test.each<[object, string]>([
    [{ answer: "b" }, "B"],
    [{ answer: "(B)" }, "B"],
    [{ answer: "B. the dog" }, "B"],
    [{ answer: "the dog" }, "B"],
    [{ answer: "The  Dog" }, "B"],
    [{ answer: 1 }, "B"],
    [{ answer: [0] }, "A"],
    [{ answer: 7 }, "C"],
    [{ gt_answer: "7" }, "C"],
    [{ answer_index: 2 }, "C"],
    [{ answer_index: 2, answer: "7" }, "C"],
  ])("the truth becomes the letter: %j", (truth, letter) => {
    expect(readRow({ ...asked, options: ["a cat", "the dog", 7], ...truth })).toMatchObject({
      question: { answer: letter },
    });
  });

  test.each<[object, RegExp]>([
    [{ options: "['a', 'b']" }, /^options is a text; a list of texts, or an object with a text under each letter/],
    [{ options: ["a"] }, /^options has 1 entries; 2 to 10 are possible/],
    [{ options: ["a", ""] }, /^options\[1\] is no text or empty/],
    [{ options: ["a", "a"] }, /^options has "a" twice/],
    [{ options: { 1: "a", 2: "b" } }, /^options has an entry under "1"; letters are needed, from A on/],
    [{ options: { A: "a", C: "b" } }, /^options has an entry under "C"/],
    [{ options: ["a", "b"], choices: ["a", "b"] }, /^both options and choices are there/],
    [{ options: ["a", "<image>"] }, /^options has the marker <image>/],
    [{ options: ["a", "b\ud83d"] }, /^options has half a character/],
    [{ options: ["a", "b"], answer: "c" }, /^answer is "c", which is none of the 2 options$/],
    [
      { options: ["a", "b"], answer: 2 },
      /^answer is 2, which is none of the 2 options; a number is a place counted from 0$/,
    ],
    [{ options: ["x", "y"], answer: "A. y" }, /^answer is "A\. y", which is none/],
    [{ options: ["1", "2", "3"], answer: 1 }, /^answer is 1, which can be B or A of the options; name the letter$/],
    [{ options: ["B", "A"], answer: "A" }, /^answer is A, which can be A or B of the options/],
    [{ options: ["a", "b"], answer_index: "first" }, /^answer_index is first, but a place among the options is needed/],
  ])("refused: %j", (fields, problem) => {
    expect(readRow({ ...asked, ...fields })).toMatchObject({ problem: expect.stringMatching(problem) });
  });
});
