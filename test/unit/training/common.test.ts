import { expect, test } from "vitest";
import { settingsKey } from "../../../src/training/common.ts";
import { shipped } from "../../support/recipe.ts";

const demo = shipped("snowball.demo.yaml").training;

test("an adapter's key has what an adapter is made by", () => {
  expect(settingsKey(demo)).toEqual({
    backend: "trl",
    tuning: "lora",
    beta: 0.1,
    loss_type: ["sigmoid", "sft"],
    loss_weights: [1, 1],
    label_smoothing: 0,
    lora_rank: 16,
    lora_alpha: 32,
    lora_dropout: 0,
    lora_target: ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
    learning_rate: 0.002,
    lr_scheduler_type: "cosine",
    warmup_steps: 5,
    num_train_epochs: 14,
    per_device_train_batch_size: 8,
    reference: "live",
    gradient_accumulation_steps: 1,
    num_processes: 1,
    max_grad_norm: 1,
    extra: {},
  });
});

test("a setting counts where it acts", () => {
  const full = { ...demo, tuning: "full" as const };
  const lora = settingsKey(demo);
  expect(settingsKey({ ...demo, vision_lr: 1e-3, save_steps: 1 })).toEqual(lora);
  expect(settingsKey({ ...full, lora_rank: 4, learning_rate: 1e-3 })).toEqual(settingsKey(full));
  expect(settingsKey({ ...full, vision_lr: 1e-3 })).not.toEqual(settingsKey(full));
  expect(settingsKey({ ...full, freeze_merger: true })).not.toEqual(settingsKey(full));
  for (const change of [{ num_processes: 2 }, { beta: 0.2 }]) {
    expect(settingsKey({ ...demo, ...change })).toMatchObject(change);
  }
});
