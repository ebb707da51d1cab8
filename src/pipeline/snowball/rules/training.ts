import type { Rule } from "./rule.ts";

/** Terms that use label_smoothing; TRL ignores it in `sigmoid` without a word. */
const SMOOTHED = ["robust", "exo_pair"];

/** Tied embeddings: merged and adapter would differ by 10 and more logits. */
const NO_ADAPTER = /embed|lm_head|wte/;

/** Fields of TRL's config that Snowball sets itself; `extra` must not change them behind its back. */
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
]);

/** Parts that only a full fine-tuning could train. */
const FREEZES = ["freeze_language_model", "freeze_vision_tower", "freeze_merger"] as const;

/** How a policy is made from pairs. */
export const TRAINING_RULES: readonly Rule[] = [
  ({ training: { loss_type: terms, loss_weights: weights } }) =>
    weights !== undefined &&
    weights.length !== terms.length && {
      path: ["training", "loss_weights"],
      message: `training.loss_weights has ${weights.length} entries; ${terms.length} are needed, one per term of training.loss_type.`,
    },
  ({ training: { loss_weights: weights } }) =>
    weights?.every((weight) => weight === 0) && {
      path: ["training", "loss_weights"],
      message: "training.loss_weights are all 0; one above 0 is needed, or nothing is learned.",
    },
  ({ training: { loss_type: terms } }) =>
    new Set(terms).size < terms.length && {
      path: ["training", "loss_type"],
      message: "training.loss_type names a term twice; each term once is needed (loss_weights weighs them).",
    },
  ({ training: { label_smoothing: smoothing, loss_type: terms } }) =>
    smoothing > 0 &&
    !terms.some((term) => SMOOTHED.includes(term)) && {
      path: ["training", "label_smoothing"],
      message: `training.label_smoothing is ${smoothing}, but ${terms.join(" + ")} ignores it; ${SMOOTHED.join(" or ")} in training.loss_type, or 0, is needed.`,
    },
  ({ training: { lora_target: layers } }) => {
    const index = layers.findIndex((layer) => NO_ADAPTER.test(layer));
    return (
      index >= 0 && {
        path: ["training", "lora_target", index],
        message: `training.lora_target has ${layers[index]}; only linear layers inside the language model are possible, because merging tied embeddings changes the model.`,
      }
    );
  },
  ({ training: { lora_target: layers } }) => {
    const index = layers.indexOf("all-linear");
    return (
      index >= 0 && {
        path: ["training", "lora_target", index],
        message: "training.lora_target has all-linear, which takes in the vision tower; the layers' names are needed.",
      }
    );
  },
  ({ training }) =>
    training.tuning === "full" &&
    training.freeze_language_model &&
    training.freeze_vision_tower &&
    training.freeze_merger && {
      path: ["training", "freeze_language_model"],
      message: "training freezes language model, vision tower and merger; one of them is needed to train.",
    },
  ({ training }) => {
    const frozen = FREEZES.find((field) => training[field]);
    return (
      training.tuning !== "full" &&
      frozen !== undefined && {
        path: ["training", frozen],
        message: `training.${frozen} is true, but training.tuning is ${training.tuning}, which trains an adapter alone; it has to go, or tuning full is needed.`,
      }
    );
  },
  ({ training: { lr_scheduler_type: schedule, warmup_steps: warmup } }) =>
    schedule === "constant" &&
    warmup > 0 && {
      path: ["training", "warmup_steps"],
      message: `training.warmup_steps is ${warmup}, but the constant schedule has no warm-up; lr_scheduler_type constant_with_warmup is needed.`,
    },
  ({ training: { extra, ...own } }) => {
    const key = Object.keys(extra).find((name) => name in own || RESERVED.has(name));
    if (key === undefined) return undefined;
    const advice = key in own ? `it is needed as training.${key}` : "Snowball sets it itself and it has to go";
    return { path: ["training", "extra", key], message: `training.extra.${key} would override the recipe; ${advice}.` };
  },
  ({ planner, training }) =>
    (planner.backend === "simulated") !== (training.backend === "simulated") && {
      path: ["training", "backend"],
      message: `training.backend is ${training.backend} while planner.backend is ${planner.backend}; a simulated planner and simulated training are needed together.`,
    },
];
