import type { Problem } from "../recipe/problems.ts";
import type { CommonSettings } from "./common.ts";

/** Settings as they stand in a recipe, with what is passed on to TRL. */
export type RuledSettings = CommonSettings & { readonly extra: Readonly<Record<string, unknown>> };

/** What fields of a training say together: a rule returns its problem or nothing. `block` is what a recipe calls it. */
export type TrainingRule<S = RuledSettings> = (settings: S, block: string) => Problem | undefined | false;

/** Tied embeddings: merged and adapter would differ by 10 and more logits. */
const NO_ADAPTER = /embed|lm_head|wte/;

/** Fields of TRL's configurations that Snowball sets itself; `extra` must not change them behind its back. */
const RESERVED = new Set([
  "output_dir",
  "seed",
  "data_seed",
  "max_length",
  "report_to",
  "save_strategy",
  "save_total_limit",
  "use_cpu",
  "remove_unused_columns",
  "precompute_ref_log_probs",
  "model_init_kwargs",
  "resume_from_checkpoint",
  "eval_strategy",
  "push_to_hub",
  "fsdp",
]);

/** Parts that only a full fine-tuning could train. */
const FREEZES = ["freeze_language_model", "freeze_vision_tower", "freeze_merger"] as const;

/** What holds for any way to train. */
export const COMMON_RULES: readonly TrainingRule[] = [
  ({ lora_target: layers }, block) => {
    const index = layers.findIndex((layer) => NO_ADAPTER.test(layer));
    return (
      index >= 0 && {
        path: [block, "lora_target", index],
        message: `${block}.lora_target has ${layers[index]}; only linear layers inside the language model are possible, because merging tied embeddings changes the model.`,
      }
    );
  },
  ({ lora_target: layers }, block) => {
    const index = layers.indexOf("all-linear");
    return (
      index >= 0 && {
        path: [block, "lora_target", index],
        message: `${block}.lora_target has all-linear, which takes in the vision tower; the layers' names are needed.`,
      }
    );
  },
  (settings, block) =>
    settings.tuning === "full" &&
    FREEZES.every((field) => settings[field]) && {
      path: [block, "freeze_language_model"],
      message: `${block} freezes language model, vision tower and merger; one of them is needed to train.`,
    },
  (settings, block) => {
    const frozen = FREEZES.find((field) => settings[field]);
    return (
      settings.tuning !== "full" &&
      frozen !== undefined && {
        path: [block, frozen],
        message: `${block}.${frozen} is true, but ${block}.tuning is ${settings.tuning}, which trains an adapter alone; it has to go, or tuning full is needed.`,
      }
    );
  },
  ({ tuning, deepspeed }, block) =>
    tuning === "qlora" &&
    deepspeed !== undefined && {
      path: [block, "deepspeed"],
      message: `${block}.deepspeed is ${deepspeed}, but ${block}.tuning is qlora, whose 4-bit base it cannot divide; tuning lora is needed.`,
    },
  ({ lr_scheduler_type: schedule, warmup_steps: warmup }, block) =>
    schedule === "constant" &&
    warmup > 0 && {
      path: [block, "warmup_steps"],
      message: `${block}.warmup_steps is ${warmup}, but the constant schedule has no warm-up; lr_scheduler_type constant_with_warmup is needed.`,
    },
  ({ extra, ...own }, block) => {
    const key = Object.keys(extra).find((name) => name in own || RESERVED.has(name));
    if (key === undefined) return undefined;
    const advice = key in own ? `it is needed as ${block}.${key}` : "Snowball sets it itself and it has to go";
    return { path: [block, "extra", key], message: `${block}.extra.${key} would override the recipe; ${advice}.` };
  },
];

/** All that is wrong with an algorithm's settings together. */
export function trainingProblems<S>(rules: readonly TrainingRule<S>[], settings: S, block: string): Problem[] {
  return rules.flatMap((rule) => rule(settings, block) || []);
}
