import { describe, expect, test } from "vitest";
import { isCorrect } from "../../../src/benchmark/letters.ts";

describe("a letter", () => {
  test.each([
    ["``B``", "B", true],
    ["`b`", "B", true],
    ["The answer is B.", "(B)", true],
    ["The answer is B.", "B.", true],
    ["``A`` because B is wrong", "B", false],
    ["A red cube", "A", false],
    ["", "A", false],
    ["B", "b", true],
    ["(b)", "b)", true],
    ["A", "b", false],
    ["E", "E", true],
    ["The answer is (e).", "E", true],
    ["D", "E", false],
    ["Answer: I", "I", true],
    ["Ｂ", "Ｂ", true],
    ["It is B and not C.", "C", false],
    ["<think>It is C.</think>B", "C", false],
  ])("%j against %j: %s", (said, truth, right) => {
    expect(isCorrect(said, truth)).toBe(right);
  });
});

describe("a letter with its text", () => {
  test.each(["B. left", "(B) left", "B: left", "b) Left.", "B. the left"])(
    "%j is met by either and by both",
    (truth) => {
      for (const said of ["B", "(b)", "left", "Left.", "the left", "B. left", "B: left", "Answer: B", "Answer: left"]) {
        expect([said, isCorrect(said, truth)]).toEqual([said, true]);
      }
      for (const said of ["A", "A. left", "right", "B is wrong", "not left", "left or right", ""]) {
        expect([said, isCorrect(said, truth)]).toEqual([said, false]);
      }
    },
  );

  test("what looks like one is a text", () => {
    expect(isCorrect("D.C.", "D.C.")).toBe(true);
    expect(isCorrect("D", "D.C.")).toBe(false);
    expect(isCorrect("a red cube", "A red cube")).toBe(true);
  });
});

describe("a text", () => {
  test.each([
    ["red cube", "Red  Cube.", true],
    ["A red cube.", "red cube", true],
    ["``the red cube``", "a red cube", true],
    ["red", "red cube", false],
    ["blue cube", "red cube", false],
    ["", "", false],
    ["３", "3", true],
    ["Answer: red cube\nIt stands behind.", "red cube", true],
    ["The answer is a red cube.", "red cube", true],
    ['{"answer": "red cube"}', "red cube", true],
    ["**Answer:** red cube", "red cube", true],
    ["<think>a blue cube?</think>\nred cube", "red cube", true],
    ["<think>red cube</think>\nblue cube", "red cube", false],
    ["It is hidden. <answer>Red cube</answer>", "red cube", true],
    ["red cube <answer>blue cube</answer>", "red cube", false],
  ])("%j against %j: %s", (said, truth, right) => {
    expect(isCorrect(said, truth)).toBe(right);
  });
});

describe("a number", () => {
  test.each([
    ["3", "-3", false],
    ["-3", "3", false],
    ["-3", "-3", true],
    ["−3", "-3", true],
    ["-3", "−3", true],
    ["–3", "-3", true],
    ["(-3)", "-3", true],
    ["minus 3", "-3", true],
    ["5", ".5", false],
    ["0.5", ".5", true],
    [".5", "0.50", true],
    ["90", "-90", false],
    ["-90.", "-90", true],
    ["-90 degrees", "90 degrees", false],
    ["3.0", "3", true],
    ["3", "3.0", true],
    ["3.", "3", true],
    ["+3", "3", true],
    ["3.5", "3", false],
    ["3.0 meters", "3 meters", true],
    ["1,000", "1000", true],
    ["1,5", "15", false],
    ["1.2.3", "1.2.30", false],
    ["**-3**", "-3", true],
    ["The answer is -3.", "-3", true],
    ["left-3", "left 3", false],
    ["12345678901234567891", "12345678901234567892", false],
  ])("%j against %j: %s", (said, truth, right) => {
    expect(isCorrect(said, truth)).toBe(right);
  });
});

test("as MMSI-Bench reads, letters are found in its order and texts are compared as they stand", () => {
  expect(isCorrect("N/A", "A")).toBe(false);
  expect(isCorrect("N/A", "A", "mmsi")).toBe(true);
  expect(isCorrect("The answer is B.\nA is behind, though, C", "B")).toBe(true);
  expect(isCorrect("`b`", "B", "mmsi")).toBe(false);
  expect(isCorrect("A. left\nB. right\nAnswer: B", "B", "mmsi")).toBe(false);
  expect(isCorrect("``E``", "E", "mmsi")).toBe(true);
  expect(isCorrect("``red cube``", "red cube", "mmsi")).toBe(true);
});
