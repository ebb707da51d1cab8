import { expect, test } from "vitest";
import { scoreParams } from "../../../../activities/snowball/score.ts";
import { planFormat } from "../../../../src/pipeline/snowball/recipe/prompt.ts";
import { parsed, shortest, withFields } from "../../../support/recipe.ts";

const PROMPTS = {
  system: "s.txt",
  template: "t.txt",
  answer: "a.txt",
  rate: "r.txt",
  rate_again: "r2.txt",
  similarity: "m.txt",
  similarity_again: "m2.txt",
};
const TEXTS = {
  system: "S",
  template: "T",
  answer: "A",
  rate: "R",
  rate_again: "R again",
  similarity: "M",
  similarity_again: "M again",
};

function params(scoring: object, texts: Partial<typeof TEXTS> = {}, format: string | undefined = "strict"): object {
  const recipe = parsed(withFields(shortest(), { scoring, prompt: { ...PROMPTS, format } }));
  const models = { planner: "p", critic: "c", evaluator: "e" };
  return scoreParams({ recipe, models, texts: { ...TEXTS, ...texts } });
}

/** What the scores' key was made of before there were other methods; results in stores are found by it. */
const OLD = {
  backend: "transformers",
  model: "c",
  dtype: "bfloat16",
  pixels: [200_704, 1_003_520],
  max_new_tokens: 32,
  text: "A",
  pretended: null,
  empty: "score",
  view_cost: 0,
  on_generation_failure: "quarantine",
};

test.each(["confidence", "answer_gain"])("the key of %s is what it was, whatever other prompts there are", (method) => {
  expect(params({ method })).toStrictEqual({ ...OLD, method });
});

test("other methods add the texts that they ask with, in both wordings, no others, and how replies are read", () => {
  const texts = ["R", "R again"];
  expect(params({ method: "explicit" })).toStrictEqual({ ...OLD, method: "explicit", texts, reading: 2 });
  expect(params({ method: "gt_similarity" }, { rate: "other" })).toStrictEqual({
    ...OLD,
    method: "gt_similarity",
    texts: ["M", "M again"],
    reading: 2,
  });
});

test("both adds its weights, and those of the default are the default's", () => {
  const weights = { confidence: 0.5, explicit: 0.5 };
  expect(params({ method: "both" })).toStrictEqual({
    ...OLD,
    method: "both",
    weights,
    texts: ["R", "R again"],
    reading: 2,
  });
  expect(params({ method: "both", weights })).toStrictEqual(params({ method: "both" }));
  expect(params({ method: "both", weights: { confidence: 1, explicit: 2 } })).not.toEqual(params({ method: "both" }));
});

test("plans that are read leniently, as they are by default, have scores of their own", () => {
  expect(params({}, {}, "lenient")).toStrictEqual({ ...OLD, method: "confidence", format: "lenient" });
  const { prompt } = parsed(shortest());
  expect(prompt).not.toHaveProperty("format");
  expect(planFormat({ prompt })).toBe("lenient");
});
