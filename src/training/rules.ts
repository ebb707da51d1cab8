import type { Problem } from "../recipe/problems.ts";
import type { CommonSettings } from "./common.ts";

/** Settings of an algorithm, with what is passed on to its trainer. */
export type Settings = CommonSettings & { readonly extra: Readonly<Record<string, unknown>> };

/** What of a training's settings does not fit together; `at` is the recipe's block: "training". */
export type SettingsRule<S> = (settings: S, at: string) => SettingsProblem | undefined | false;

/** A problem inside a block of settings. */
export interface SettingsProblem {
  readonly field: readonly PropertyKey[];
  /** One sentence, the whole field's name included. */
  readonly message: string;
}

/** Tied embeddings: merged and adapter would differ by 10 and more logits. */
const NO_ADAPTER = /embed|lm_head|wte/;

/** Fields of a trainer's config that Snowball sets itself; `extra` must not change them behind its back. */
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

const RULES: readonly SettingsRule<Settings>[] = [
  ({ lora_target: layers }, at) => {
    const index = layers.findIndex((layer) => NO_ADAPTER.test(layer));
    return (
      index >= 0 && {
        field: ["lora_target", index],
        message: `${at}.lora_target has ${layers[index]}; only linear layers inside the language model are possible, because merging tied embeddings changes the model.`,
      }
    );
  },
  ({ lora_target: layers }, at) => {
    const index = layers.indexOf("all-linear");
    return (
      index >= 0 && {
        field: ["lora_target", index],
        message: `${at}.lora_target has all-linear, which takes in the vision tower; the layers' names are needed.`,
      }
    );
  },
  (settings, at) =>
    settings.tuning === "full" &&
    FREEZES.every((field) => settings[field]) && {
      field: ["freeze_language_model"],
      message: `${at} freezes language model, vision tower and merger; one of them is needed to train.`,
    },
  (settings, at) => {
    const frozen = FREEZES.find((field) => settings[field]);
    return (
      settings.tuning !== "full" &&
      frozen !== undefined && {
        field: [frozen],
        message: `${at}.${frozen} is true, but ${at}.tuning is ${settings.tuning}, which trains an adapter alone; it has to go, or tuning full is needed.`,
      }
    );
  },
  ({ tuning, deepspeed }, at) =>
    tuning === "qlora" &&
    deepspeed !== undefined && {
      field: ["deepspeed"],
      message: `${at}.deepspeed is ${deepspeed}, but ${at}.tuning is qlora, whose 4-bit base it cannot divide; tuning lora is needed.`,
    },
  fsdpProblem,
  ({ lr_scheduler_type: schedule, warmup_steps: warmup }, at) =>
    schedule === "constant" &&
    warmup > 0 && {
      field: ["warmup_steps"],
      message: `${at}.warmup_steps is ${warmup}, but the constant schedule has no warm-up; lr_scheduler_type constant_with_warmup is needed.`,
    },
  ({ extra, ...own }, at) => {
    const key = Object.keys(extra).find((name) => name in own || RESERVED.has(name));
    if (key === undefined) return undefined;
    const advice = key in own ? `it is needed as ${at}.${key}` : "Snowball sets it itself and it has to go";
    return { field: ["extra", key], message: `${at}.extra.${key} would override the recipe; ${advice}.` };
  },
];

function fsdpProblem(settings: Settings, at: string): SettingsProblem | undefined {
  const { fsdp, deepspeed, tuning, num_processes: processes } = settings;
  if (fsdp === undefined) return undefined;
  const problem = (because: string) => ({ field: ["fsdp"], message: `${at}.fsdp is ${fsdp}, but ${at}.${because}` });
  if (deepspeed !== undefined) return problem(`deepspeed is ${deepspeed}; one of them has to go.`);
  if (tuning === "qlora") return problem("tuning is qlora, whose 4-bit base it cannot divide; tuning lora is needed.");
  return processes === 1 ? problem("num_processes is 1; two and more divide the network.") : undefined;
}

/**
 * What does not fit together in a training's settings, whichever the algorithm.
 * @param path of the block in its recipe: ["training"]
 * @param own rules of the algorithm
 */
export function settingsProblems<S extends Settings>(
  settings: S,
  path: readonly string[],
  own: readonly SettingsRule<S>[] = [],
): Problem[] {
  const at = path.join(".");
  return [...own, ...RULES].flatMap((rule) => {
    const problem = rule(settings, at);
    return problem ? [{ path: [...path, ...problem.field], message: problem.message }] : [];
  });
}
