import { expect, test } from "vitest";
import { extraPrompts, methodsOf } from "../../../../src/pipeline/snowball/methods.ts";
import { parsed, shortest, withFields } from "../../../support/recipe.ts";

const RATE = { rate: "r.txt", rate_again: "r2.txt" };
const SIMILARITY = { similarity: "m.txt", similarity_again: "m2.txt" };

function recipe(method: string, prompt: object, changes?: readonly object[]) {
  return parsed({
    ...withFields(shortest(), { scoring: { method }, prompt }),
    ...(changes && { changes }),
  });
}

test("a recipe needs the prompts of its method, whichever others it names", () => {
  expect(extraPrompts(recipe("confidence", { ...RATE, ...SIMILARITY }))).toEqual([]);
  expect(extraPrompts(recipe("both", { ...RATE, ...SIMILARITY }))).toEqual(["rate", "rate_again"]);
  expect(extraPrompts(recipe("gt_similarity", SIMILARITY))).toEqual(["similarity", "similarity_again"]);
});

test("a method that comes in the middle of a run counts from the beginning", () => {
  const changes = [
    { from_iteration: 3, scoring: { method: "gt_similarity" } },
    { from_iteration: 1, scoring: { method: "explicit" } },
  ];
  const changing = recipe("answer_gain", { ...RATE, ...SIMILARITY }, changes);
  expect(methodsOf(changing)).toEqual(["answer_gain", "explicit", "gt_similarity"]);
  expect(extraPrompts(changing)).toEqual(["rate", "rate_again", "similarity", "similarity_again"]);
});

test("and is refused without its prompts", () => {
  const changes = [{ from_iteration: 2, scoring: { method: "explicit" } }];
  expect(() => recipe("confidence", {}, changes)).toThrow(/^From iteration 2 on: prompt\.rate is missing/);
});

test("a recipe that asks for nothing new parses to what it always was: its artifact keeps its key", () => {
  const { prompt, scoring } = parsed(shortest());
  expect(Object.keys(prompt)).toEqual(["system", "template", "answer"]);
  expect(Object.keys(scoring)).not.toContain("weights");
});
