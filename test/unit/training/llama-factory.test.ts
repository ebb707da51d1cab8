import { expect, test } from "vitest";
import type { Loading } from "../../../src/contract/training.ts";
import { FACTORY_RULES, type FactorySettings, factoryYaml } from "../../../src/training/llama-factory.ts";
import { settingsProblems } from "../../../src/training/rules.ts";
import { sft } from "../../../src/training/sft.ts";

const LOADING: Loading = { dtype: "bfloat16", attn_implementation: "sdpa", min_pixels: 3136, max_pixels: 262_144 };
const FULL = { tuning: "full", freeze_vision_tower: true, language_lr: 2.5e-6, merger_lr: 2.5e-6 };

function settings(change: object): FactorySettings {
  return sft.settings.parse({ backend: "llama-factory", ...change });
}

const problems = (change: object): string[] =>
  settingsProblems(settings(change), ["sft", "training"], FACTORY_RULES).map(({ message }) => message);

test("a full fine-tuning in LLaMA-Factory's words", () => {
  expect(factoryYaml(settings({ ...FULL, extra: { optim: "adafactor" } }), LOADING)).toEqual({
    stage: "sft",
    do_train: true,
    finetuning_type: "full",
    freeze_vision_tower: true,
    freeze_multi_modal_projector: false,
    freeze_language_model: false,
    learning_rate: 2.5e-6,
    lr_scheduler_type: "cosine",
    warmup_steps: 0.1,
    num_train_epochs: 3,
    max_steps: -1,
    per_device_train_batch_size: 1,
    gradient_accumulation_steps: 8,
    max_grad_norm: 1,
    cutoff_len: 13_000,
    image_min_pixels: 3136,
    image_max_pixels: 262_144,
    flash_attn: "sdpa",
    bf16: true,
    fp16: false,
    optim: "adafactor",
  });
});

test("an adapter, one on a base in 4 bits, and a YAML of one's own", () => {
  const adapter = { tuning: "lora", lora_target: ["q_proj", "v_proj"], lora_rank: 8, learning_rate: 1e-4 };
  expect(factoryYaml(settings(adapter), LOADING)).toMatchObject({
    finetuning_type: "lora",
    lora_target: "q_proj,v_proj",
    lora_rank: 8,
    learning_rate: 1e-4,
  });
  expect(factoryYaml(settings({ ...adapter, tuning: "qlora" }), LOADING)).toMatchObject({ quantization_bit: 4 });
  const own = { stage: "sft", finetuning_type: "full", learning_rate: 1e-5 };
  expect(factoryYaml(settings({ llama_factory: own }), LOADING)).toEqual(own);
});

test("what LLaMA-Factory cannot be told is refused", () => {
  expect(problems(FULL)).toEqual([]);
  expect(problems({ ...FULL, merger_lr: 1e-6 })).toEqual([
    "sft.training.merger_lr is 0.000001, but LLaMA-Factory has one learning rate, sft.training.language_lr (0.0000025); the same is needed, or freeze_merger.",
  ]);
  expect(problems({ num_processes: 2 })[0]).toContain("num_processes is 2");
  expect(problems({ deepspeed: "zero2" })[0]).toContain("nothing is divided over devices");
  expect(problems({ backend: "trl", llama_factory: "mine.yaml" })[0]).toContain("backend llama-factory is needed");
});
