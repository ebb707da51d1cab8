import { z } from "zod";
import { determining, type Reasons } from "../determining.ts";
import { path } from "../recipe/parts/fields.ts";

/** LoRA rank and alpha of the field's scripts; a LoRA-sized learning rate goes with alpha = 2 × rank. */
const LORA_RANK = 64;
const LORA_ALPHA = 16;
/** Full-model sized. Over few steps it hardly moves a LoRA: `plan` prints the optimizer steps. */
const LEARNING_RATE = 1e-5;
/** Rows a forward pass, and passes an optimizer step: 16 rows a step. */
const PER_DEVICE_BATCH = 2;
const ACCUMULATION = 8;
/**
 * Peak learning rates of a full fine-tuning. The vision tower came with sight, so it moves least; the merger between
 * tower and language model keeps pace with the language model. They are those of the field's scripts.
 */
const LANGUAGE_LR = 5e-6;
const VISION_LR = 2e-6;
const MERGER_LR = 5e-6;
/** Norm: the clipping of TRL's trainers. */
const MAX_GRAD_NORM = 1;
/** Optimizer steps between checkpoints: what a crash can cost. */
const SAVE_STEPS = 50;

/** The linear layers of Qwen's language model. Tied embeddings must not carry an adapter: merges then differ. */
const LORA_TARGET = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

/** DeepSpeed's ZeRO: optimizer states, then gradients, then weights are divided over the processes. */
export const ZERO_STAGES = ["zero1", "zero2", "zero3"] as const;

/** PyTorch's FSDP: a layer's weights are divided again after its forward pass, or stay whole until the backward one. */
const SHARDINGS = ["full_shard", "shard_grad_op"] as const;

const SCHEDULES = ["linear", "cosine", "constant", "constant_with_warmup"] as const;

const rate = (peak: number) => z.number().gt(0).max(1).default(peak);

/** Who trains, and which weights. */
export const who = {
  backend: z.enum(["trl", "simulated"]).describe("Who trains"),
  tuning: z
    .enum(["lora", "qlora", "full"])
    .default("lora")
    .describe(
      "lora: an adapter on the language model; qlora: the same, on a base that is held in 4 bits while it trains; full: every part that is not frozen",
    ),
};

/** How any training of a network runs: its adapter or its parts, its rates, its batches, its devices. */
export const howItRuns = {
  lora_rank: z.int().min(1).max(1024).default(LORA_RANK).describe("Rank of the adapter"),
  lora_alpha: z.number().gt(0).default(LORA_ALPHA).describe("The adapter is scaled by alpha / rank"),
  lora_dropout: z.number().min(0).lt(1).default(0).describe("Share of the adapter's inputs that a step leaves out"),
  lora_target: z
    .array(z.string().min(1))
    .min(1)
    .default(LORA_TARGET)
    .describe("Names of the layers that carry the adapter"),
  learning_rate: z.number().gt(0).max(1).default(LEARNING_RATE).describe("Peak learning rate of an adapter"),
  language_lr: rate(LANGUAGE_LR).describe("full: peak learning rate of the language model"),
  vision_lr: rate(VISION_LR).describe("full: peak learning rate of the vision tower"),
  merger_lr: rate(MERGER_LR).describe("full: peak learning rate of the merger between the two"),
  freeze_language_model: z.boolean().default(false).describe("full: true leaves the language model as it is"),
  freeze_vision_tower: z.boolean().default(false).describe("full: true leaves the vision tower as it is"),
  freeze_merger: z.boolean().default(false).describe("full: true leaves the merger as it is"),
  lr_scheduler_type: z.enum(SCHEDULES).default("cosine").describe("Shape of the learning rate"),
  warmup_steps: z.number().min(0).default(0).describe("Optimizer steps, or below 1 a share of all steps"),
  num_train_epochs: z.number().gt(0).optional().describe("Passes over the rows; 1 when absent"),
  max_steps: z
    .int()
    .min(1)
    .optional()
    .describe("Optimizer steps, whatever the number of rows; overrides num_train_epochs"),
  per_device_train_batch_size: z.int().min(1).default(PER_DEVICE_BATCH).describe("Rows a forward pass"),
  gradient_accumulation_steps: z.int().min(1).default(ACCUMULATION).describe("Forward passes an optimizer step"),
  num_processes: z
    .int()
    .min(1)
    .max(64)
    .default(1)
    .describe("Processes of one host, a device each; every one makes its own forward passes"),
  deepspeed: z
    .union([z.enum(ZERO_STAGES), path])
    .optional()
    .describe("ZeRO's stage, or the file of a DeepSpeed configuration; needs make deepspeed"),
  fsdp: z
    .enum(SHARDINGS)
    .optional()
    .describe(
      "PyTorch's FSDP in place of deepspeed: full_shard divides weights, gradients and optimizer over the processes, shard_grad_op keeps a layer's weights whole between its forward and its backward pass",
    ),
  max_grad_norm: z.number().min(0).default(MAX_GRAD_NORM).describe("0 is off"),
  save_steps: z.int().min(1).default(SAVE_STEPS).describe("Optimizer steps between checkpoints"),
};

/** A common setting under another default, for algorithms whose field has one. */
export function withDefault<T extends z.ZodType>(setting: z.ZodDefault<T>, value: z.output<T>) {
  return setting
    .unwrap()
    .default(value as never)
    .describe(setting.description ?? "");
}

/** Settings that every algorithm has. */
export const common = z.object({
  ...who,
  backend: z.enum(["trl", "llama-factory", "simulated"]),
  ...howItRuns,
});
export type CommonSettings = z.output<typeof common>;

const ADAPTERS = { lora: "LoRA", qlora: "QLoRA" } as const;

/** The tuning in a few words: "LoRA r64". */
export function tuningOf({ tuning, lora_rank: rank }: Pick<CommonSettings, "tuning" | "lora_rank">): string {
  return tuning === "full" ? "full fine-tuning" : `${ADAPTERS[tuning]} r${rank}`;
}

/**
 * Optimizer steps of a training, as the Trainer of transformers counts them: batches are rounded up, dealt out to the
 * processes, rounded up again, then steps in an epoch, then epochs.
 * @param rows as they are in the batches of an epoch
 */
export function optimizerSteps(rows: number, settings: CommonSettings): number {
  if (settings.max_steps !== undefined) return settings.max_steps;
  const batches = Math.ceil(Math.ceil(rows / settings.per_device_train_batch_size) / settings.num_processes);
  const perEpoch = Math.max(1, Math.ceil(batches / settings.gradient_accumulation_steps));
  return Math.ceil((settings.num_train_epochs ?? 1) * perEpoch);
}

/** What only a full fine-tuning has. */
const FULL = [
  "language_lr",
  "vision_lr",
  "merger_lr",
  "freeze_language_model",
  "freeze_vision_tower",
  "freeze_merger",
] as const satisfies readonly (keyof CommonSettings)[];

/** What only an adapter has. */
const LORA = [
  "lora_rank",
  "lora_alpha",
  "lora_dropout",
  "lora_target",
  "learning_rate",
] as const satisfies readonly (keyof CommonSettings)[];

export const NOT_OF_A_TRAINING = {
  save_steps: "it says how often an attempt may start again from where it was",
  deepspeed: "it may be a file's name; what it stands for is in the key beside the settings",
} as const satisfies Reasons<CommonSettings>;

/** The settings that change what a training makes, for its artifact's key; none of the other kind of tuning's. */
export function settingsKey(settings: CommonSettings): object {
  const others: readonly string[] = settings.tuning === "full" ? LORA : FULL;
  const own = Object.entries(determining(settings, NOT_OF_A_TRAINING));
  return Object.fromEntries(own.filter(([field]) => !others.includes(field)));
}
