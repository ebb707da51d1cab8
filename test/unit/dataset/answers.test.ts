import { expect, test } from "vitest";
import { checkAnswers } from "../../../src/dataset/answers.ts";
import { aQuestion } from "../../support/rows.ts";

const { answer: _, ...silent } = aQuestion("silent");

test("all answered: can be evaluated; none answered: cannot, and confidence does not mind", () => {
  expect(checkAnswers([aQuestion("a")], "answer_gain")).toBe(true);
  expect(checkAnswers([silent], "confidence")).toBe(false);
});

test("answer_gain needs them; a half-answered data set is a mistake", () => {
  expect(() => checkAnswers([aQuestion("a"), silent], "answer_gain")).toThrow(
    /answer_gain, but question "silent" has no answer \(1 have none\)/,
  );
  expect(() => checkAnswers([aQuestion("a"), silent], "confidence")).toThrow(
    /"silent" has no answer while others have one \(1 of 2 have none\)/,
  );
});
