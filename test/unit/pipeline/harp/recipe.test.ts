import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { sceneImages } from "../../../../src/pipeline/harp/images.ts";
import { type Recipe, stagesOf } from "../../../../src/pipeline/harp/recipe.ts";
import { parseRecipeObject } from "../../../../src/pipeline/parse.ts";
import { serviceKey } from "../../../../src/service/key.ts";
import { temporaryFolder } from "../../../support/temporary.ts";

function recipeOf(change: object = {}): Recipe {
  return parseRecipeObject({
    pipeline: "harp",
    name: "h",
    init: "models/base",
    scenes: { path: "scenes" },
    sft: { training: { backend: "trl" } },
    grpo: { training: { backend: "trl" } },
    answering: { backend: "transformers" },
    ...change,
  }) as Recipe;
}

const attention = ["q_proj", "k_proj", "v_proj", "o_proj"];

test("what a recipe leaves out is as the field trains plans", () => {
  const [sft, grpo] = stagesOf(recipeOf()).map(({ training }) => training);
  // An adapter is the language model's: the vision tower is frozen.
  const adapter = { tuning: "lora", lora_rank: 64, lora_alpha: 128, lora_target: attention };
  expect(sft).toMatchObject({
    ...adapter,
    lora_dropout: 0.05,
    num_train_epochs: 3,
    per_device_train_batch_size: 2,
    gradient_accumulation_steps: 8,
    learning_rate: 2e-5,
    warmup_steps: 100,
    save_steps: 500,
    extra: { weight_decay: 0.01 },
  });
  expect(grpo).toMatchObject({
    ...adapter,
    rewards: { plan: 1 },
    credit: "action",
    num_generations: 4,
    temperature: 0.8,
    max_completion_length: 128,
    learning_rate: 1e-6,
    beta: 0.1,
    warmup_steps: 50,
    max_grad_norm: 1,
  });
  expect(recipeOf().answering.max_new_tokens).toBe(512);
});

test.each([
  [{ stages: ["grpo"] }, "stages is grpo; sft, or sft and grpo, are needed: negatives are sampled from what SFT made."],
  [{ grpo: undefined }, "grpo is missing, but stages has it; a block with training is needed."],
  [{ sft: { training: { backend: "simulated" } } }, /^sft\.training\.backend is simulated while answering\.backend is/],
  [{ negatives: { shares: { format: 0.5 } } }, "negatives.shares add up to 1.25; 1 is needed."],
  [{ plans: { key: "sk-secret" } }, /^plans\.key .*the name of an environment variable is needed, and never the key/],
  [{ plans: { address: "openrouter" } }, /^plans\.address /],
  [{ plans: { max_spent: 0 } }, /^plans\.max_spent /],
  [{ grpo: { training: { backend: "trl", rewards: { combined: 1 } } } }, /^grpo\.training\.rewards /],
  [{ grpo: { training: { backend: "trl", num_generations: 3 } } }, /^grpo\.training\.num_generations is 3; a divisor/],
  [{ actions: { Open: { LOST: { to: "AT", reward: 1 } } } }, /^actions\.Open/],
  [{ actions: { Open: { AT: { to: "AT", reward: 2 } } } }, /^actions\.Open\.AT\.reward /],
])("%j is refused in one sentence", (change, sentence) => {
  expect(() => recipeOf(change)).toThrow(sentence);
});

test("a folder without scenes is named, and a key that is nowhere", async () => {
  const root = temporaryFolder();
  const about = { scenes: { ...recipeOf().scenes }, seed: 0 };
  await expect(sceneImages(root, about)).rejects.toThrow(`scenes.path: there is no folder scenes below ${root}.`);
  mkdirSync(join(root, "scenes"));
  writeFileSync(join(root, "scenes/kitchen.png"), "");
  await expect(sceneImages(root, about)).rejects.toThrow("scenes has no file whose name ends with _0.png.");
  vi.stubEnv("HARP_NO_KEY", "");
  await expect(serviceKey("HARP_NO_KEY")).rejects.toThrow("The service's key is missing: set HARP_NO_KEY");
  vi.unstubAllEnvs();
});
