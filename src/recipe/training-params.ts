import { determining, type Reasons } from "../artifact/determining.ts";
import type { Recipe } from "./pipelines/index.ts";

type Training = Recipe["training"];

/** What only a full fine-tuning has. */
const FULL = [
  "tuning",
  "language_lr",
  "vision_lr",
  "merger_lr",
  "freeze_language_model",
  "freeze_vision_tower",
  "freeze_merger",
] as const satisfies readonly (keyof Training)[];

/** What only an adapter has. */
const LORA = [
  "lora_rank",
  "lora_alpha",
  "lora_dropout",
  "lora_target",
  "learning_rate",
] as const satisfies readonly (keyof Training)[];

export const NOT_OF_A_TRAINING = {
  save_steps: "it says how often an attempt may start again from where it was",
} as const satisfies Reasons<Training>;

/**
 * The settings that change what a training makes, for its artifact's key: how often checkpoints are saved does not, nor
 * what belongs to the other kind of tuning. An adapter trained by one process has the key that it always had, so that
 * a store from before there was anything else is found again.
 */
export function trainingParams(training: Training): object {
  const { num_processes, ...rest } = determining(training, NOT_OF_A_TRAINING);
  const others: readonly string[] = training.tuning === "full" ? LORA : FULL;
  const own = Object.entries(rest).filter(([field]) => !others.includes(field));
  return { ...Object.fromEntries(own), ...(num_processes > 1 && { num_processes }) };
}
