import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { jsonSchema } from "../../../../src/recipe/needed.ts";
import { parseRecipe } from "../../../../src/pipeline/parse.ts";
import { snowballRecipe } from "../../../../src/pipeline/snowball/recipe/snowball.ts";
import { dataSketches, sketch, type SketchInput } from "../../../../src/pipeline/snowball/sketch.ts";
import { commentedYaml } from "../../../../src/report/commented-yaml.ts";
import { parsed } from "../../../support/recipe.ts";

const input: SketchInput = {
  name: "mine",
  pipeline: "snowball",
  data: "data/questions.json",
  images: "data",
  model: "models/planner",
  critic: "models/critic",
  evaluator: "models/evaluator",
  executor: { backend: "simulated" },
  size: { hasAnswers: true, iterations: 5, val: 50, test: 100 },
};

describe("what the data suggests", () => {
  test.each([
    [175_000, true, { iterations: 5, val: 500, test: 1000 }],
    [1700, true, { iterations: 5, val: 85, test: 170 }],
    [60, true, { iterations: 2, val: 3, test: 6 }],
    [12, true, { iterations: 1, val: 1, test: 1 }],
    [1700, false, { iterations: 5, val: 0, test: 0 }],
  ])("%d questions, answers: %s", (questions, hasAnswers, first) => {
    expect(dataSketches(questions, hasAnswers)[0]).toEqual({ hasAnswers, ...first });
  });

  test("the last resort holds nothing out and goes around once", () => {
    expect(dataSketches(1700, true).at(-1)).toMatchObject({ iterations: 1, val: 0, test: 0 });
  });
});

test.each(["snowball", "single-round"])("a sketch of %s parses, and scores by what the data has", (pipeline) => {
  const scored = (hasAnswers: boolean) =>
    parsed(sketch({ ...input, pipeline, size: { ...input.size, hasAnswers } })).scoring.method;
  expect([scored(true), scored(false)]).toEqual(["answer_gain", "confidence"]);
});

test("a model called simulated rehearses the run", () => {
  const nobody = { model: "simulated", critic: "simulated", evaluator: "simulated" };
  const { planner, critic, evaluator, training } = parsed(sketch({ ...input, ...nobody }));
  expect([planner, critic, evaluator, training].map((each) => each.backend)).toEqual(Array(4).fill("simulated"));
});

test("as YAML, every block and field says what the schema says, and reads back the same", () => {
  const recipe = sketch(input);
  const text = commentedYaml(recipe, jsonSchema(snowballRecipe));
  expect(parse(text)).toEqual(recipe);
  expect(parseRecipe(text, "mine.yaml")).toEqual(parsed(recipe));
  expect(text).toContain("\n# The policy: proposes the views\nplanner:\n");
  expect(text).toContain("    test: 100 # Questions that the report shows\n");
  // Long sentences stand above their field.
  expect(text).toMatch(/\n {2}# confidence: of the critic's own answer; .*\n {2}method: answer_gain\n/);
  const fields = text.split("\n").filter((line) => /^ *[a-z_]+: \S/.test(line));
  const bare = fields.filter(
    (line, place) =>
      !line.includes(" # ") && !text.split("\n")[text.split("\n").indexOf(fields[place]!) - 1]!.includes("# "),
  );
  expect(bare).toEqual([]);
});
