import type { Loading } from "../contract/training.ts";
import type { CommonSettings } from "./common.ts";
import type { SettingsRule } from "./rules.ts";

/** Of a supervised fine-tuning, as far as LLaMA-Factory is told of it. */
export type FactorySettings = CommonSettings & {
  readonly extra: Readonly<Record<string, unknown>>;
  readonly cutoff_len: number;
  /** In place of what is reckoned here; a recipe may name its file, which is read when the run is opened. */
  readonly llama_factory?: string | Readonly<Record<string, unknown>> | undefined;
};

/** What it calls the rows. */
export const DATASET = "rows";

/** dataset_info.json: rows in the sharegpt shape, with OpenAI's names for who speaks. */
export const DATASET_INFO = {
  [DATASET]: {
    file_name: `${DATASET}.json`,
    formatting: "sharegpt",
    columns: { messages: "messages", images: "images" },
    tags: {
      role_tag: "role",
      content_tag: "content",
      user_tag: "user",
      assistant_tag: "assistant",
      system_tag: "system",
    },
  },
};

/**
 * What LLaMA-Factory's YAML says of a training, in its own words; without folders, which are each attempt's, and
 * without a template, which is the checkpoint's.
 */
export function factoryYaml(settings: FactorySettings, loading: Loading): Readonly<Record<string, unknown>> {
  if (typeof settings.llama_factory === "object") return settings.llama_factory;
  const { lr_scheduler_type, warmup_steps, num_train_epochs = 1, max_steps = -1, max_grad_norm } = settings;
  const { per_device_train_batch_size, gradient_accumulation_steps, cutoff_len, extra } = settings;
  return {
    stage: "sft",
    do_train: true,
    ...tuned(settings),
    lr_scheduler_type,
    warmup_steps,
    num_train_epochs,
    max_steps,
    per_device_train_batch_size,
    gradient_accumulation_steps,
    max_grad_norm,
    cutoff_len,
    image_min_pixels: loading.min_pixels,
    image_max_pixels: loading.max_pixels,
    flash_attn: FLASH[loading.attn_implementation] ?? "auto",
    bf16: loading.dtype === "bfloat16",
    fp16: loading.dtype === "float16",
    ...extra,
  };
}

const FLASH: Readonly<Record<string, string>> = { sdpa: "sdpa", eager: "disabled", flash_attention_2: "fa2" };

function tuned(settings: FactorySettings): object {
  const { tuning, lora_rank, lora_alpha, lora_dropout, lora_target } = settings;
  if (tuning === "full") {
    const { freeze_language_model, freeze_vision_tower, freeze_merger: freeze_multi_modal_projector } = settings;
    const frozen = { freeze_vision_tower, freeze_multi_modal_projector, freeze_language_model };
    return { finetuning_type: "full", ...frozen, learning_rate: settings.language_lr };
  }
  const adapter = { lora_rank, lora_alpha, lora_dropout, lora_target: lora_target.join(",") };
  const quantised = tuning === "qlora" ? { quantization_bit: 4, quantization_method: "bnb" } : {};
  return { finetuning_type: "lora", ...adapter, ...quantised, learning_rate: settings.learning_rate };
}

/** What of a training LLaMA-Factory cannot be told. */
export const FACTORY_RULES: readonly SettingsRule<FactorySettings>[] = [
  ({ backend, llama_factory: own }, at) =>
    backend !== "llama-factory" &&
    own !== undefined && {
      field: ["llama_factory"],
      message: `${at}.llama_factory is given, but ${at}.backend is ${backend}; backend llama-factory is needed, or it has to go.`,
    },
  ({ backend, num_processes: processes }, at) =>
    backend === "llama-factory" &&
    processes > 1 && {
      field: ["num_processes"],
      message: `${at}.num_processes is ${processes}; with backend llama-factory it is 1.`,
    },
  ({ backend, deepspeed, fsdp }, at) => {
    if (backend !== "llama-factory" || (deepspeed ?? fsdp) === undefined) return undefined;
    const field = deepspeed === undefined ? "fsdp" : "deepspeed";
    const message = `${at}.${field} is given; with backend llama-factory nothing is divided over devices.`;
    return { field: [field], message };
  },
  (settings, at) => {
    const { backend, tuning, language_lr: rate, llama_factory: own } = settings;
    if (backend !== "llama-factory" || tuning !== "full" || own !== undefined) return undefined;
    const parts = [
      ["vision_lr", "freeze_vision_tower"],
      ["merger_lr", "freeze_merger"],
    ] as const;
    const other = parts.find(([field, frozen]) => !settings[frozen] && settings[field] !== rate);
    return (
      other && {
        field: [other[0]],
        message: `${at}.${other[0]} is ${settings[other[0]]}, but LLaMA-Factory has one learning rate, ${at}.language_lr (${rate}); the same is needed, or ${other[1]}.`,
      }
    );
  },
];
