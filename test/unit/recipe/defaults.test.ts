import { expect, test } from "vitest";
import { parsed, shortest } from "../../support/recipe.ts";

test("the defaults are those of the field's scripts", () => {
  const recipe = parsed(shortest());
  expect(recipe.planner).toMatchObject({
    num_rollouts: 8,
    temperature: 0.9,
    top_p: 0.95,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1,
    max_new_tokens: 512,
    max_instructions: 5,
  });
  expect(recipe.scoring).toEqual({
    method: "confidence",
    min_score_gap: 0.3,
    below_gap: "keep",
    tie_floor: 0.02,
    empty: "score",
    max_failure_pair_share: 0.25,
    view_cost: 0,
  });
  expect(recipe.training).toMatchObject({
    beta: 0.1,
    loss_type: ["sigmoid"],
    lora_rank: 64,
    lora_alpha: 16,
    learning_rate: 1e-5,
    per_device_train_batch_size: 2,
    gradient_accumulation_steps: 8,
  });
  expect(recipe.executor).toMatchObject({
    on_generation_failure: "quarantine",
    num_inference_steps: 4,
    guidance_scale: 1,
    max_input_pixels: 1024 * 1024,
    offload: "none",
  });
  expect(recipe.loop).toEqual({
    num_iterations: 5,
    schedule: "stream",
    gate: "promote",
    on_no_pairs: "continue",
    controls: {
      shuffle_scores: "none",
      rollouts_from: "policy",
      accumulate: true,
      random_view: false,
      sft_only: false,
    },
  });
  expect(recipe.data.held_out).toEqual({ val: 0, test: 0 });
});

test("a parsed recipe parses again to itself: it is what a workflow is started with", () => {
  const recipe = parsed(shortest());
  expect(parsed(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
});

test("a single round drops small gaps and makes three passes", () => {
  const recipe = parsed({ ...shortest(), pipeline: "single-round" });
  expect(recipe.scoring).toMatchObject({ min_score_gap: 0.5, below_gap: "drop" });
  expect(recipe.training.num_train_epochs).toBe(3);
  expect(recipe.loop.num_iterations).toBe(1);
  expect(recipe).toMatchObject({ round: { stop_after: "evaluation" } });
});
