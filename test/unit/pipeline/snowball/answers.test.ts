import { expect, test } from "vitest";
import { checkAnswers } from "../../../../src/pipeline/snowball/answers.ts";
import { aQuestion } from "../../../support/rows.ts";

const { answer: _, ...silent } = aQuestion("silent");

test("all answered: can be evaluated; none answered: cannot, and confidence does not mind", () => {
  expect(checkAnswers([aQuestion("a")], ["answer_gain", "gt_similarity"])).toBe(true);
  expect(checkAnswers([silent], ["confidence", "explicit", "both"])).toBe(false);
});

test.each(["answer_gain", "gt_similarity"] as const)("%s needs them, even if only from some iteration on", (method) => {
  expect(() => checkAnswers([silent], ["confidence", method])).toThrow(
    new RegExp(`${method}, but question "silent" has no answer \\(1 have none\\); use confidence, explicit or both`),
  );
});

test("answer_gain needs them; a half-answered data set is a mistake", () => {
  expect(() => checkAnswers([aQuestion("a"), silent], ["answer_gain"])).toThrow(
    /answer_gain, but question "silent" has no answer \(1 have none\)/,
  );
  expect(() => checkAnswers([aQuestion("a"), silent], ["confidence"])).toThrow(
    /"silent" has no answer while others have one \(1 of 2 have none\)/,
  );
});
