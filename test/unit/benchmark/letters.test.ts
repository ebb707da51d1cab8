import { describe, expect, test } from "vitest";
import { isCorrect, readAnswer } from "../../../src/benchmark/letters.ts";

describe("reading, in the order of MMSI-Bench", () => {
  test.each([
    ["The answer is ``C``, not `A` or {B}.", "C"],
    ["I take `A` over {B}.", "A"],
    ["So {B}, though D is near.", "B"],
    ["Surely (D).", "D"],
    ["Option C: the red one", "C"],
    ["B", "B"],
    ["``(C) the red cube``", "C"],
    ["`` A ``", "A"],
    ["A red cube", "A red cube"],
    ["  red cube \n", "red cube"],
    ["", ""],
  ])("%j says %j", (text, said) => {
    expect(readAnswer(text)).toBe(said);
  });
});

describe("letters", () => {
  test.each([
    ["``B``", "B", true],
    ["`b`", "B", true],
    ["The answer is B.", "(B)", true],
    ["The answer is B.", "B.", true],
    ["``A`` because B is wrong", "B", false],
    ["A red cube", "A", false],
    ["", "A", false],
  ])("%j against %j: %s", (said, truth, right) => {
    expect(isCorrect(said, truth)).toBe(right);
  });
});

describe("texts", () => {
  test.each([
    ["red cube", "Red  Cube.", true],
    ["A red cube.", "red cube", true],
    ["``the red cube``", "a red cube", true],
    ["red", "red cube", false],
    ["blue cube", "red cube", false],
    ["", "", false],
    ["３", "3", true],
  ])("%j against %j: %s", (said, truth, right) => {
    expect(isCorrect(said, truth)).toBe(right);
  });
});
