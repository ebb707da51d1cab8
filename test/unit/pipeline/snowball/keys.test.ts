import { expect, test } from "vitest";
import { determining } from "../../../../src/determining.ts";
import {
  answerParams,
  NOT_OF_ANSWERS,
  NOT_OF_PAIRS,
  NOT_OF_ROLLOUTS,
  NOT_OF_SCORES,
  NOT_OF_VIEWS,
  rolloutParams,
  SEEN_BEFORE,
  viewParams,
} from "../../../../src/pipeline/snowball/keys.ts";
import { NOT_OF_A_TRAINING, settingsKey } from "../../../../src/training/common.ts";
import { parsed, shipped, shortest } from "../../../support/recipe.ts";
import { forgotten, type Others } from "../../../support/walk.ts";

const { planner, critic, executor, scoring, training } = parsed(shortest());

test("every setting of the planner is in the key of its completions, or said not to be", () => {
  const others = {
    backend: "simulated",
    model: "other",
    dtype: "float32",
    attn_implementation: "eager",
    vllm: { max_model_len: 64, memory_share: 0.5, max_lora_rank: 8, tensor_parallel_size: 2 },
    server: { address: "http://host:8000/v1", model: "other", in_flight: 1, timeout_s: 1, patience_s: 1 },
    policies: "merged",
    min_pixels: 1,
    max_pixels: 2_000_000,
    num_rollouts: 4,
    temperature: 0.5,
    top_p: 0.5,
    top_k: 5,
    min_p: 0.5,
    repetition_penalty: 2,
    max_new_tokens: 7,
    max_instructions: 2,
    micro_batch: 1,
  } as const;
  expect(forgotten(planner, others, (each) => rolloutParams(each, false), NOT_OF_ROLLOUTS)).toEqual([]);
});

test("every setting of critic and evaluator is in the key of their answers, or said not to be", () => {
  const others = {
    backend: "onnx",
    model: "other",
    vllm: { max_model_len: 64, memory_share: 0.5, tensor_parallel_size: 2 },
    server: { address: "http://host:8000/v1", model: "other", in_flight: 1, timeout_s: 1, patience_s: 1 },
    dtype: "float32",
    attn_implementation: "eager",
    min_pixels: 1,
    max_pixels: 2_000_000,
    max_new_tokens: 7,
    micro_batch: 1,
  } as const;
  expect(forgotten(critic, others, answerParams, NOT_OF_ANSWERS)).toEqual([]);
});

test("every setting of an editor is in the key of its views, or said not to be", () => {
  const editor = { ...executor, backend: "flux2-klein" } as const;
  const others = {
    backend: "simulated",
    model: "other",
    images: "all",
    width: 64,
    height: 64,
    on_generation_failure: "negative",
    max_retries: 5,
    dtype: "float32",
    num_inference_steps: 9,
    guidance_scale: 2,
    max_input_pixels: 70_000,
    micro_batch: 1,
    offload: "model",
  } as const;
  expect(forgotten<typeof executor>(editor, others, (each) => viewParams(each, "d"), NOT_OF_VIEWS)).toEqual([]);
});

test("every setting of the scoring is in the key of the scores or in that of the pairs, and in one alone", () => {
  const others = {
    method: "explicit",
    weights: { confidence: 1, explicit: 2 },
    min_score_gap: 1,
    below_gap: "drop",
    tie_floor: 0.5,
    empty: "drop",
    max_failure_pair_share: 1,
    view_cost: 0.5,
  } as const;
  expect(forgotten(scoring, others, (each) => determining(each, NOT_OF_SCORES), NOT_OF_SCORES)).toEqual([]);
  expect(forgotten(scoring, others, (each) => determining(each, NOT_OF_PAIRS), NOT_OF_PAIRS)).toEqual([]);
  const all = Object.keys(others).toSorted();
  expect([...Object.keys(NOT_OF_SCORES), ...Object.keys(NOT_OF_PAIRS)].toSorted()).toEqual(all);
});

const only = (names: string[]) => names.map((name) => `${name} does not count`);

test("every setting of a training is in its key, or said not to be, or belongs to the other kind of tuning", () => {
  const others: Others<typeof training> = {
    backend: "simulated",
    tuning: "full",
    beta: 0.5,
    loss_type: ["ipo"],
    loss_weights: [1],
    label_smoothing: 0.1,
    reference: "cached",
    lora_rank: 8,
    lora_alpha: 1,
    lora_dropout: 0.5,
    lora_target: ["q_proj"],
    learning_rate: 0.5,
    language_lr: 0.5,
    vision_lr: 0.5,
    merger_lr: 0.5,
    freeze_language_model: true,
    freeze_vision_tower: true,
    freeze_merger: true,
    lr_scheduler_type: "linear",
    warmup_steps: 5,
    num_train_epochs: 5,
    max_steps: 5,
    per_device_train_batch_size: 1,
    gradient_accumulation_steps: 1,
    num_processes: 2,
    deepspeed: "zero2",
    fsdp: "full_shard",
    max_grad_norm: 5,
    save_steps: 5,
    extra: { weight_decay: 0.5 },
  };
  const of = (tuning: "lora" | "full") => forgotten({ ...training, tuning }, others, settingsKey, NOT_OF_A_TRAINING);
  const full = [
    "language_lr",
    "vision_lr",
    "merger_lr",
    "freeze_language_model",
    "freeze_vision_tower",
    "freeze_merger",
  ];
  expect(of("lora")).toEqual(only(full));
  const lora = ["lora_rank", "lora_alpha", "lora_dropout", "lora_target", "learning_rate"];
  expect(of("full")).toEqual(["tuning is not another value", ...only(lora)]);
});

test("what a block gains later is in its key at once", () => {
  const gained = { gained: 1 };
  expect(rolloutParams({ ...planner, ...gained }, true)).toMatchObject(gained);
  expect(answerParams({ ...critic, ...gained })).toMatchObject(gained);
  expect(viewParams({ ...executor, ...gained }, undefined)).toMatchObject(gained);
  expect(settingsKey({ ...training, ...gained })).toMatchObject(gained);
});

test("stores from before are found again: keys have what they always had, in its place", () => {
  expect(rolloutParams(planner, false)).toStrictEqual({
    sampling: { temperature: 0.9, top_p: 0.95, top_k: 0, min_p: 0, repetition_penalty: 1, max_new_tokens: 512 },
    backend: "transformers",
    attn_implementation: "sdpa",
    pixels: [200_704, 1_003_520],
    max_instructions: 5,
  });
  expect(rolloutParams({ ...planner, repetition_penalty: 1.5 }, true).sampling).toStrictEqual({
    temperature: 0,
    top_p: 1,
    top_k: 0,
    min_p: 0,
    repetition_penalty: 1.5,
    max_new_tokens: 512,
  });
  expect(answerParams(critic)).toStrictEqual({
    backend: "transformers",
    dtype: "bfloat16",
    pixels: [200_704, 1_003_520],
    max_new_tokens: 32,
  });
  expect(viewParams(executor, undefined)).toStrictEqual({ backend: "simulated", size: [1024, 1024], max_retries: 2 });
  expect(viewParams(shipped("snowball.demo-flux.yaml").executor, "digest")).toStrictEqual({
    backend: "flux2-klein",
    size: [64, 64],
    max_retries: 2,
    editor: {
      model: "digest",
      dtype: "float32",
      num_inference_steps: 4,
      guidance_scale: 1,
      max_input_pixels: 1_048_576,
    },
  });
});

test("what keys leave out is what a recipe has that says nothing of it", () => {
  expect(planner).toMatchObject(SEEN_BEFORE);
  const { policies: _, ...answers } = SEEN_BEFORE;
  expect(critic).toMatchObject(answers);
});
