import { expect, test } from "vitest";
import { answerParams } from "../../../../activities/snowball/answer.ts";
import { parsed, shortest, withFields } from "../../../support/recipe.ts";

function params(evaluation: object, prompt: object = {}) {
  const recipe = parsed(withFields(shortest(), { evaluation, prompt }));
  const models = { planner: "p", critic: "c", evaluator: "e" };
  return answerParams({ recipe, models, texts: { system: "S", template: "T", answer: "A" } });
}

test("how letters are read is in the key of the answers; left out it is strict", () => {
  expect(params({})).toMatchObject({ model: "e", text: "A", arms: ["no_view"], reader: "strict" });
  expect(params({ reader: "strict" })).toEqual(params({}));
  expect(params({ reader: "mmsi" })).toEqual({ ...params({}), reader: "mmsi" });
});

test("how plans are read is there too, unless nothing is left out", () => {
  expect(params({})).toMatchObject({ format: "lenient" });
  expect(params({}, { format: "strict" })).not.toHaveProperty("format");
});
