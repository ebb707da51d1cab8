/** What of a run's config is used: the scripts' arguments, or blocks of a recipe of ours. */
export interface ScriptConfig {
  readonly dataset?: string;
  readonly image_root?: string;
  readonly planner_model_path?: string;
  readonly critic_model_path?: string;
  readonly flux_ckpt?: string;
  readonly scoring_method?: string;
  readonly resume_iter?: number;
  readonly lora_rank?: number;
  readonly lora_alpha?: number;
  readonly learning_rate?: number;
  readonly beta?: number;
  readonly num_train_epochs?: number;
  readonly per_device_batch_size?: number;
  readonly gradient_accumulation_steps?: number;
  readonly seed?: number;
  readonly data?: { readonly image_root?: string };
  readonly scoring?: { readonly method?: string };
  readonly [block: string]: unknown;
}

interface GoOn {
  readonly name: string;
  /** Relative to the root, as all paths of a recipe. */
  readonly pairs: string;
  readonly images: string;
  readonly toRoot: (path: string) => string;
}

/**
 * The recipe that does what the trusted iteration's training did, on its pairs and those before it: a fresh adapter on
 * the base. The scripts' loop does the same in every round, so that this makes the policy that a next round samples from.
 */
export function recipeFrom(config: ScriptConfig, { name, pairs, images, toRoot }: GoOn): object {
  const base = { pipeline: "single-round", name, data: { image_root: images }, round: { pairs } };
  // A recipe of ours has the blocks already.
  if (typeof config["planner"] === "object") {
    const { planner, executor, critic, evaluator, prompt, training } = config;
    return { ...base, planner, executor, critic, evaluator, prompt, training };
  }
  const planner = toRoot(config.planner_model_path ?? "models/planner");
  return {
    ...base,
    ...(config.seed !== undefined && { seed: config.seed }),
    planner: { backend: "transformers", model: planner },
    executor: { backend: "flux2-klein", model: toRoot(config.flux_ckpt ?? "models/FLUX.2-klein-4B") },
    critic: { backend: "transformers", model: toRoot(config.critic_model_path ?? planner) },
    evaluator: { backend: "transformers", model: planner },
    prompt: {
      system: "configs/prompts/planner.system.txt",
      template: "configs/prompts/planner.template.txt",
      answer: "configs/prompts/critic.answer.txt",
    },
    training: { backend: "trl", ...trainingOf(config) },
  };
}

function trainingOf(config: ScriptConfig): object {
  const own = {
    lora_rank: config.lora_rank,
    lora_alpha: config.lora_alpha,
    learning_rate: config.learning_rate,
    beta: config.beta,
    num_train_epochs: config.num_train_epochs,
    per_device_train_batch_size: config.per_device_batch_size,
    gradient_accumulation_steps: config.gradient_accumulation_steps,
  };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
}
