import { expect, test } from "vitest";
import { parseRecipeObject } from "../../../../src/pipeline/parse.ts";
import { shortest, withFields } from "../../../support/recipe.ts";

test.each<[Record<string, object>, RegExp]>([
  [{ planner: { temperature: 0 } }, /^planner\.temperature is 0, so all 8 rollouts/],
  [{ planner: { min_pixels: 9, max_pixels: 8 } }, /^planner\.min_pixels is 9; at most planner\.max_pixels \(8\)/],
  [{ critic: { min_pixels: 9, max_pixels: 8 } }, /^critic\.min_pixels is 9/],
  [{ evaluator: { min_pixels: 9, max_pixels: 8 } }, /^evaluator\.min_pixels is 9/],
  [
    { critic: { attn_implementation: "flash_attention_2", dtype: "float32" } },
    /^critic\.attn_implementation is flash_attention_2, which cannot compute in float32/,
  ],
  [
    { critic: { vllm: {} } },
    /^critic\.vllm is given, but critic\.backend is \w+; backend vllm is needed, or it has to go/,
  ],
  [
    { planner: { backend: "vllm", vllm: { max_lora_rank: 8 } } },
    /^training\.lora_rank is \d+, but planner\.vllm\.max_lora_rank is 8/,
  ],
  [
    { planner: { backend: "openai", policies: "merged", server: { address: "http://host/v1", model: "m" } } },
    /^planner\.policies is merged, but planner\.backend is openai, whose server is given adapters; adapter is needed/,
  ],
  [{ critic: { backend: "openai" } }, /^critic\.server is missing; with backend openai its address and model/],
  [
    { evaluator: { server: { address: "http://host/v1", model: "m" } } },
    /^evaluator\.server is given, but evaluator\.backend is \w+; backend openai is needed, or it has to go/,
  ],
  [{ data: { max_samples: 4 } }, /^data\.max_samples is 4; at least one question for each of the 5 iterations/],
  [
    { training: { loss_type: ["sigmoid", "sft"], loss_weights: [1] } },
    /^training\.loss_weights has 1 entries; 2 are needed/,
  ],
  [{ training: { loss_weights: [0] } }, /^training\.loss_weights are all 0/],
  [{ training: { loss_type: ["sft", "sft"] } }, /^training\.loss_type names a term twice/],
  [{ training: { label_smoothing: 0.1 } }, /^training\.label_smoothing is 0\.1, but sigmoid ignores it/],
  [{ training: { lora_target: ["q_proj", "lm_head"] } }, /^training\.lora_target has lm_head/],
  [{ training: { lora_target: ["embed_tokens"] } }, /^training\.lora_target has embed_tokens/],
  [{ training: { lora_target: ["all-linear"] } }, /^training\.lora_target has all-linear/],
  [
    { training: { tuning: "full", freeze_language_model: true, freeze_vision_tower: true, freeze_merger: true } },
    /^training freezes language model, vision tower and merger; one of them is needed/,
  ],
  [{ training: { freeze_merger: true } }, /^training\.freeze_merger is true, but training\.tuning is lora/],
  [
    { training: { lr_scheduler_type: "constant", warmup_steps: 5 } },
    /^training\.warmup_steps is 5, but the constant schedule/,
  ],
  [
    { training: { extra: { learning_rate: 1 } } },
    /^training\.extra\.learning_rate would override .* training\.learning_rate\.$/,
  ],
  [{ training: { extra: { max_length: 1024 } } }, /^training\.extra\.max_length would override .* it has to go\.$/],
  [{ planner: { backend: "simulated" } }, /^training\.backend is trl while planner\.backend is simulated/],
  [{ loop: { gate: "roll_back" } }, /^loop\.gate is roll_back, but data\.held_out\.val is 0/],
  [{ loop: { controls: { random_view: true } } }, /^loop\.controls\.random_view is true; evaluation\.reference_views/],
  [
    { evaluation: { reference_views: [{ name: "no_view", instruction: "x" }] } },
    /reference_views\[0\]\.name is no_view, which is taken/,
  ],
  [
    { evaluation: { reference_views: ["a", "b", "a"].map((name) => ({ name, instruction: "x" })) } },
    /reference_views\[2\]\.name is a, which is taken/,
  ],
  [{ executor: { backend: "flux2-klein" } }, /^executor\.model is missing; the folder of a FLUX\.2 klein checkpoint/],
  [{ executor: { model: "models/flux" } }, /^executor\.model is given, but simulated has no model/],
  [
    { executor: { backend: "flux2-klein", model: "models/flux", width: 1000 } },
    /^executor\.width is 1000; flux2-klein needs a multiple of 16/,
  ],
  [
    { executor: { width: 8192, height: 16 } },
    /^executor\.width is 8192 and executor\.height 16; models refuse views of which one side is more than 200 times/,
  ],
  [
    { scoring: { method: "explicit" } },
    /^prompt\.rate is missing; scoring\.method explicit needs the file of that question\.$/,
  ],
  [{ scoring: { method: "both" }, prompt: { rate: "r.txt" } }, /^prompt\.rate_again is missing; scoring\.method both/],
  [{ scoring: { method: "gt_similarity" }, prompt: { rate: "r.txt" } }, /^prompt\.similarity is missing/],
  [
    { scoring: { weights: { confidence: 1, explicit: 1 } } },
    /^scoring\.weights is given, but scoring\.method is confid/,
  ],
  [
    {
      scoring: { method: "both", weights: { confidence: 0, explicit: 0 } },
      prompt: { rate: "r.txt", rate_again: "r.txt" },
    },
    /^scoring\.weights are both 0; one above 0 is needed/,
  ],
  [
    { scoring: { weights: { confidence: 1 } } },
    /^scoring\.weights\.explicit is missing; a number of at least 0 is needed/,
  ],
  [{ executor: { backend: "scene-renderer" }, simulate: {} }, /^simulate is given, but no backend is simulated/],
])("%j is refused", (over, message) => {
  expect(() => parseRecipeObject(withFields(shortest(), over))).toThrow(message);
});

test.each<Record<string, object>>([
  { training: { loss_type: ["robust"], label_smoothing: 0.1 } },
  { training: { lr_scheduler_type: "constant_with_warmup", warmup_steps: 5 } },
  { training: { loss_type: ["sigmoid", "sft"], loss_weights: [1, 0.5], extra: { disable_dropout: false } } },
  { loop: { gate: "roll_back" }, data: { held_out: { val: 10 } } },
  { executor: { backend: "flux2-klein", model: "models/flux", width: 1008, height: 720 } },
  { executor: { backend: "simulated", width: 1000 } },
  { planner: { backend: "simulated" }, training: { backend: "simulated" }, simulate: {} },
  { scoring: { method: "explicit" }, prompt: { rate: "r.txt", rate_again: "r.txt" } },
  {
    scoring: { method: "both", weights: { confidence: 0, explicit: 1 } },
    prompt: { rate: "r.txt", rate_again: "r2.txt" },
  },
  { scoring: { method: "gt_similarity" }, prompt: { similarity: "s.txt", similarity_again: "s2.txt" } },
])("%j is fine", (over) => {
  expect(() => parseRecipeObject(withFields(shortest(), over))).not.toThrow();
});

test.each<[Record<string, object>, RegExp]>([
  [{ data: { path: undefined } }, /^data\.path is missing; the file of questions is needed, or round\.pairs/],
  [
    { data: { path: undefined, held_out: { test: 5 } }, round: { pairs: "p.json" } },
    /^data\.path is missing, but data\.held_out asks for questions/,
  ],
  [
    { round: { pairs: "p.json", stop_after: "pairs" } },
    /^round\.stop_after is pairs, but round\.pairs gives them already/,
  ],
  [{ loop: { num_iterations: 2 } }, /^loop\.num_iterations is 2; a whole number from 1 to 1 is needed/],
])("a single round with %j is refused", (over, message) => {
  expect(() => parseRecipeObject(withFields({ ...shortest(), pipeline: "single-round" }, over))).toThrow(message);
});
