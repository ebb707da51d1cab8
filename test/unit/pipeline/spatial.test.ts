import { expect, test } from "vitest";
import { parse } from "yaml";
import { changes } from "../../../src/pipeline/spatial/changes.ts";
import { parseRecipeObject } from "../../../src/pipeline/parse.ts";
import { type Recipe } from "../../../src/pipeline/spatial/recipe.ts";
import { configText } from "../../support/recipe.ts";

const SHIPPED = parse(configText("spatial.simulated.yaml")) as Recipe;
const [SET] = SHIPPED.sft!.data;

function recipeOf(change: object = {}): Recipe {
  return parseRecipeObject({ ...SHIPPED, ...change }) as Recipe;
}

test.each<[object, string | RegExp]>([
  [{ stages: ["dpo", "sft"] }, "stages has sft after dpo; the order sft, dpo, grpo is needed, each at most once."],
  [{ stages: ["sft", "sft"] }, "stages has sft twice; the order sft, dpo, grpo is needed, each at most once."],
  [{ stages: [] }, /^stages is \[\]; at least one entry is needed/],
  [{ dpo: undefined }, "dpo is missing, but stages has it; a block with data and training is needed."],
  [
    { sft: { data: [SET, SET], training: { backend: "simulated" } } },
    "sft.data[1] is called spatial-qa, which is taken; a name of its own is needed.",
  ],
  [
    {
      sft: {
        data: [
          { ...SET, weight: 1 },
          { ...SET, name: "more" },
        ],
        training: { backend: "simulated" },
      },
    },
    "sft.data[1] has no weight, but another set has; all or none need one.",
  ],
  [
    { sft: { data: [SET], training: { backend: "trl" } } },
    "sft.training.backend is trl while answering.backend is simulated; simulated training and simulated answers are needed together.",
  ],
  [
    { sft: { data: [SET], training: { backend: "simulated", lora_target: ["lm_head"] } } },
    "sft.training.lora_target has lm_head; only linear layers inside the language model are possible, because merging tied embeddings changes the model.",
  ],
  [
    { dpo: { ...SHIPPED.dpo, training: { backend: "simulated", loss_weights: [1, 2] } } },
    "dpo.training.loss_weights has 2 entries; 1 are needed, one per term of dpo.training.loss_type.",
  ],
  [
    { grpo: { ...SHIPPED.grpo, training: { backend: "simulated", rewards: { spacial: 1 } } } },
    /grpo\.training\.rewards.*spacial is no reward; spatial, counting, combined, plan are/s,
  ],
  [
    { sft: { data: [{ ...SET, format: "coco" }], training: { backend: "simulated" } } },
    /^sft\.data\[0\]\.format is "coco"/,
  ],
])("%j is refused", (change, message) => {
  expect(() => recipeOf(change)).toThrow(message);
});

test("a block of a stage that is left out may stay, and is checked", () => {
  expect(recipeOf({ stages: ["sft"] }).stages).toEqual(["sft"]);
  const dpo = { ...SHIPPED.dpo, training: { backend: "simulated", loss_type: ["ipo", "ipo"] } };
  expect(() => recipeOf({ stages: ["sft"], dpo })).toThrow("dpo.training.loss_type names a term twice");
});

function training(more: object): object {
  return { training: { backend: "simulated", max_steps: 4, ...more } };
}

test("what changed says from which stage on everything is done again", () => {
  const told = (change: object): readonly string[] => changes(recipeOf(), recipeOf(change)).redone;
  expect(told({ dpo: { ...SHIPPED.dpo, ...training({ beta: 0.2 }) } })).toEqual([
    "Done again: dpo, grpo, with their answers.",
    "Found in the store: sft.",
  ]);
  expect(told({ seed: 1 })).toEqual(["Done again: sft, dpo, grpo, with their answers."]);
  expect(told({ bootstrap_resamples: 500 })).toEqual([
    "Done again: the answers that depend on what changed.",
    "Found in the store: every training.",
  ]);
  expect(told({ grpo: { ...SHIPPED.grpo, ...training({ save_steps: 7 }) } })).toEqual([
    "Nothing is done again: no result depends on what changed.",
  ]);
  expect(changes(recipeOf(), recipeOf({ seed: 1 })).fields).toBe("seed 0 → 1");
});
