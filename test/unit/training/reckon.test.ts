import { expect, test } from "vitest";
import { grpo } from "../../../src/training/grpo.ts";
import { sft } from "../../../src/training/sft.ts";
import { stageLines, stagePlan, trainingBytes, widest } from "../../../src/training/reckon.ts";

const lora = sft.settings.parse({ backend: "trl", lora_rank: 8, lora_target: ["q_proj"], learning_rate: 2e-5 });
const full = sft.settings.parse({ backend: "trl", tuning: "full", language_lr: 5e-6, num_processes: 4 });

const stage = (name: string, processes: number) => ({ name, training: { ...lora, num_processes: processes } });

/** 2048 + 64 + 3200 = 5312 numbers, and 8 × (64 + 32) = 768 of an adapter, which the vision tower does not carry. */
const TENSORS = [
  { name: "model.layers.0.self_attn.q_proj.weight", shape: [64, 32] },
  { name: "visual.blocks.0.q_proj.weight", shape: [8, 8] },
  { name: "lm_head.weight", shape: [100, 32] },
];

test("every stage leaves its model, and only the largest training's checkpoints are there at once", () => {
  const adapter = { name: "sft", training: lora };
  const whole = { name: "dpo", training: full };
  expect(trainingBytes(TENSORS, [adapter])).toBe((5312 + 768) * 4 + 3 * 768 * 12);
  expect(trainingBytes(TENSORS, [adapter, whole])).toBe((5312 + 768) * 4 + 5312 * 4 + 3 * 5312 * 12);
  expect(trainingBytes([], [adapter, whole])).toBe(0);
});

test("a stage tells the learning rate that its tuning uses", () => {
  const stages = [stagePlan({ name: "sft", training: lora }, 1, 1), stagePlan({ name: "dpo", training: full }, 48, 3)];
  expect(stageLines(stages, "at most ")).toEqual([
    "  sft     at most 1 row    1 optimizer step            LoRA r8    learning rate 0.00002",
    "  dpo   at most 48 rows   3 optimizer steps   full fine-tuning   learning rate 0.000005",
  ]);
});

test("a stage tells that vLLM draws its completions", () => {
  const drawn = grpo.settings.parse({ backend: "trl", use_vllm: true });
  const stages = [stagePlan({ name: "sft", training: lora }, 1, 1), stagePlan({ name: "grpo", training: drawn }, 8, 2)];
  expect(stageLines(stages).map((line) => line.endsWith("completions by vLLM"))).toEqual([false, true]);
});

test("the widest stage says how many devices a run needs, the first where several do", () => {
  const one = { field: "sft.training.num_processes", count: 1 };
  expect(widest([stage("sft", 1), stage("dpo", 1)])).toEqual(one);
  expect(widest([stage("sft", 1), stage("dpo", 4), stage("grpo", 4)])).toEqual({
    field: "dpo.training.num_processes",
    count: 4,
  });
});
