import { expect, test } from "vitest";
import { determining } from "../../../src/training/common.ts";
import { shipped } from "../../support/recipe.ts";

const demo = shipped("snowball.demo.yaml").training;

test("an adapter's key has what it had before there was any other tuning", () => {
  expect(determining(demo)).toEqual({
    backend: "trl",
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
    gradient_accumulation_steps: 1,
    max_grad_norm: 1,
    extra: {},
  });
});

test("a setting counts where it acts", () => {
  const full = { ...demo, tuning: "full" as const };
  const lora = determining(demo);
  expect(determining({ ...demo, vision_lr: 1e-3, save_steps: 1 })).toEqual(lora);
  expect(determining({ ...full, lora_rank: 4, learning_rate: 1e-3 })).toEqual(determining(full));
  expect(determining({ ...full, vision_lr: 1e-3 })).not.toEqual(determining(full));
  expect(determining({ ...full, freeze_merger: true })).not.toEqual(determining(full));
  for (const change of [{ num_processes: 2 }, { deepspeed: "zero2" }, { beta: 0.2 }]) {
    expect(determining({ ...demo, ...change })).toMatchObject(change);
  }
});
