import { describe, expect, test } from "vitest";
import { StepFailure } from "../../../src/failure.ts";
import { PIPELINE_NAMES } from "../../../src/pipeline/index.ts";
import { parseRecipe, parseRecipeObject } from "../../../src/pipeline/parse.ts";
import { configText, shortest, shipped } from "../../support/recipe.ts";

/** Whatever pipelines there are. */
const UNKNOWN = `pipeline is missing or unknown; one of ${PIPELINE_NAMES.join(", ")} is needed.`;

const demo = configText("snowball.demo.yaml");

/** The demo recipe with one line changed, and the number of that line. */
function changed(from: string, to: string): { text: string; line: number } {
  const lines = demo.split("\n");
  const at = lines.findIndex((line) => line.includes(from));
  if (at < 0) throw new Error(`the demo recipe has no ${from}`);
  return { text: demo.replace(from, to), line: at + 1 };
}

function messageOf(parse: () => unknown): string {
  try {
    parse();
  } catch (error) {
    if (error instanceof StepFailure && error.type === "BadInput") return error.message;
    throw error;
  }
  throw new Error("the recipe was taken");
}

describe("a wrong field is named with its line and with what is needed", () => {
  test.each([
    ["min_score_gap: 0.3", 'min_score_gap: "0,3"', 'scoring.min_score_gap is "0,3"; a number from 0 to 2 is needed.'],
    ["below_gap: keep", "below_gap: ignore", 'scoring.below_gap is "ignore"; keep or drop is needed.'],
    ["lora_rank: 16", "lora_rank: 16.5", "training.lora_rank is 16.5; a whole number from 1 to 1024 is needed."],
    ["seed: 0", "seed: -1", "seed is -1; a whole number of at least 0 is needed."],
    ["temperature: 0.9", "temperature: warm", 'planner.temperature is "warm"; a number from 0 to 5 is needed.'],
    [
      "learning_rate: 0.002",
      "learning_rate: 0",
      "training.learning_rate is 0; a number above 0 and of at most 1 is needed.",
    ],
    ["num_rollouts: 8", "num_rollouts: 1", "planner.num_rollouts is 1; a whole number from 2 to 256 is needed."],
    [
      "name: demo",
      "name: my demo",
      'name is "my demo"; letters, digits, dots, - and _ are needed, a letter or digit first.',
    ],
    ["loss_weights: [1, 1]", "loss_weights: []", "training.loss_weights is []; at least one entry is needed."],
    [
      "  backend: onnx",
      "  backend: sglang",
      'critic.backend is "sglang"; transformers, vllm, openai, onnx or simulated is needed.',
    ],
    ["path: demo/snowball/data/questions.jsonl", 'path: ""', 'data.path is ""; a text that is not empty is needed.'],
    ["pipeline: snowball", "pipeline: avalanche", UNKNOWN],
    ["below_gap: keep", "below_gab: keep", "scoring.below_gab is not a field of a recipe; did you mean below_gap?"],
    [
      "beta: 0.1",
      "min_score_gap: 0.1",
      "training.min_score_gap is not a field of a recipe; did you mean scoring.min_score_gap?",
    ],
    ["val: 100", "size: 3, val: 100", "data.held_out.size is not a field of a recipe; known here: val, test."],
  ])("%s → %s", (from, to, message) => {
    const { text, line } = changed(from, to);
    expect(messageOf(() => parseRecipe(text, "my.yaml"))).toBe(`my.yaml:${line}  ${message}`);
  });

  test("a field that is missing, at the line of its block", () => {
    const { text, line } = changed("  backend: scene-renderer", "  # none");
    expect(messageOf(() => parseRecipe(text, "my.yaml"))).toBe(
      `my.yaml:${line - 1}  executor.backend is missing; flux2-klein, scene-renderer or simulated is needed.`,
    );
  });

  test("an entry of a list", () => {
    const { text, line } = changed("loss_type: [sigmoid, sft]", "loss_type: [sigmoid, dpo]");
    expect(messageOf(() => parseRecipe(text, "my.yaml"))).toMatch(
      new RegExp(`^my\\.yaml:${line} {2}training\\.loss_type\\[1\\] is "dpo"; sigmoid, .* or sft is needed\\.$`),
    );
  });

  test("all of them at once, in the order of their lines", () => {
    const text = demo.replace("below_gap: keep", "below_gap: x").replace("seed: 0", "seed: x");
    const lines = messageOf(() => parseRecipe(text, "my.yaml")).split("\n");
    expect(lines.map((line) => line.split("  ")[1]?.split(" ")[0])).toEqual(["seed", "scoring.below_gap"]);
  });
});

describe("files that are no recipe", () => {
  test.each([
    ["nothing", "", `my.yaml:1  ${UNKNOWN}`],
    ["a list", "- a", `my.yaml:1  ${UNKNOWN}`],
    ["a key twice", "name: a\nname: b", "my.yaml:2  is not YAML: Map keys must be unique."],
    ["prototype's names", "pipeline: constructor", `my.yaml:1  ${UNKNOWN}`],
  ])("%s", (_name, text, message) => {
    expect(messageOf(() => parseRecipe(text, "my.yaml"))).toBe(message);
  });

  test("YAML that does not parse says where", () => {
    expect(messageOf(() => parseRecipe("name: a\ndata: {path: x\n", "my.yaml"))).toMatch(/^my\.yaml:\d  is not YAML: /);
  });
});

test("JSON is as good as YAML", () => {
  const object = shipped("snowball.demo.yaml");
  expect(parseRecipe(JSON.stringify(object, null, 2), "my.json")).toEqual(object);
});

test("a value, as a workflow's input is, is refused with the field's name alone", () => {
  const input = { ...shortest(), loop: { num_iterations: 0 } };
  expect(messageOf(() => parseRecipeObject(input))).toBe(
    "loop.num_iterations is 0; a whole number from 1 to 100 is needed.",
  );
  expect(messageOf(() => parseRecipeObject("demo"))).toBe(UNKNOWN);
});
