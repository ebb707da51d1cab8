import { z } from "zod";
import { path } from "../recipe/parts/fields.ts";
import type { Algorithm } from "./algorithm.ts";
import { type AskedRow, askedOf } from "./asked.ts";
import { FACTORY_RULES } from "./llama-factory.ts";
import { howItRuns, optimizerSteps, settingsKey, who, withDefault } from "./common.ts";

/** An answer to imitate, an entry of sft_rows.json. */
export interface SftRow extends AskedRow {
  /** What is learned, and its end. */
  readonly answer: string;
}

/** The field's scripts: an adapter that is much larger than it is loud, three passes, eight rows a step. */
const LORA_DROPOUT = 0.05;
const EPOCHS = 3;
const PER_DEVICE_BATCH = 1;
const LEARNING_RATE = 2e-5;
/** A share of all steps. */
const WARM_UP = 0.1;
/** Tokens: two images and a long chain of thought. */
const CUTOFF = 13_000;

/** For pipelines with defaults of their own. */
export const sftSettings = z
  .strictObject({
    ...who,
    backend: z
      .enum(["trl", "llama-factory", "simulated"])
      .describe("Who trains; llama-factory needs make llama-factory"),
    ...howItRuns,
    lora_dropout: withDefault(howItRuns.lora_dropout, LORA_DROPOUT),
    learning_rate: withDefault(howItRuns.learning_rate, LEARNING_RATE),
    warmup_steps: withDefault(howItRuns.warmup_steps, WARM_UP),
    num_train_epochs: z.number().gt(0).default(EPOCHS).describe("Passes over the rows"),
    per_device_train_batch_size: withDefault(howItRuns.per_device_train_batch_size, PER_DEVICE_BATCH),
    extra: z
      .record(z.string(), z.json())
      .default({})
      .describe("Passed on to TRL's SFTConfig, or to LLaMA-Factory, which checks it"),
    cutoff_len: z
      .int()
      .min(1)
      .default(CUTOFF)
      .describe("llama-factory: tokens of a row, images and answer together; a longer one is refused, never cut"),
    llama_factory: z
      .union([path, z.record(z.string(), z.json())])
      .optional()
      .describe(
        "llama-factory: a YAML of your own, or what is in it, in place of the settings here; data, folders, checkpoints and seed stay the run's",
      ),
  })
  .describe("How a policy is made from answers: it learns to say them, and nothing of what it is asked");

/** Supervised fine-tuning by TRL's SFTTrainer: cross-entropy of the answers alone. */
export const sft: Algorithm<z.output<typeof sftSettings>> = {
  settings: sftSettings,
  files: { rows: "sft_rows.json", joined: "sft.json" },
  rules: FACTORY_RULES,
  steps: optimizerSteps,
  keyed: settingsKey,
  prompts: (rows, images) => askedOf(rows as readonly SftRow[], images),
};
