import { z } from "zod";
import { measuring } from "../../measuring/recipe.ts";
import { common, operation } from "../../recipe/common.ts";
import { source } from "../../recipe/parts/data.ts";
import { keyVariable, path, share } from "../../recipe/parts/fields.ts";
import { moreActions } from "../../reward/plan/truth.ts";
import { howItRuns, withDefault } from "../../training/common.ts";
import { grpoSettings } from "../../training/grpo.ts";
import { sftSettings } from "../../training/sft.ts";

const TASKS = 3;
/** Seconds. */
const PATIENCE_S = 120;
const TOKENS = 1024;
/** A busy service is asked again for about ten minutes. */
const ATTEMPTS = 10;
const WINDOW = 8;
/** Samples a task. */
const SAMPLES = 4;

/** The defaults of the field for plans: an adapter of rank 64 and twice that alpha, on the attention alone. */
const LORA_ALPHA = 128;
const ATTENTION = ["q_proj", "k_proj", "v_proj", "o_proj"];
const adapter = {
  lora_alpha: withDefault(howItRuns.lora_alpha, LORA_ALPHA),
  lora_target: withDefault(howItRuns.lora_target, ATTENTION),
};
/** Optimizer steps, rows a forward pass, optimizer steps between checkpoints, and AdamW's weight decay. */
const IMITATION = { warmUp: 100, batch: 2, save: 500, weightDecay: 0.01 };
/** Temperature, tokens, strength of the pull to the SFT policy, optimizer steps. */
const REINFORCEMENT = { temperature: 0.8, tokens: 128, beta: 0.1, warmUp: 50 };

const imitation = sftSettings
  .extend({
    ...adapter,
    warmup_steps: withDefault(howItRuns.warmup_steps, IMITATION.warmUp),
    per_device_train_batch_size: withDefault(howItRuns.per_device_train_batch_size, IMITATION.batch),
    save_steps: withDefault(howItRuns.save_steps, IMITATION.save),
    extra: withDefault(sftSettings.shape.extra, { weight_decay: IMITATION.weightDecay }),
  })
  .describe(sftSettings.description ?? "");

const { rewards: _rewards, credit: _credit, ...reinforcing } = grpoSettings.shape;

const reinforcement = z
  .strictObject({
    ...reinforcing,
    ...adapter,
    temperature: withDefault(reinforcing.temperature, REINFORCEMENT.temperature),
    max_completion_length: withDefault(reinforcing.max_completion_length, REINFORCEMENT.tokens),
    beta: withDefault(reinforcing.beta, REINFORCEMENT.beta),
    warmup_steps: withDefault(reinforcing.warmup_steps, REINFORCEMENT.warmUp),
  })
  .describe("How the policy learns from the process reward, with credit by action");

const price = z.number().min(0).default(0);

const plans = z
  .strictObject({
    backend: z.enum(["service", "simulated"]).default("service").describe("Who writes the plans"),
    address: z
      .url()
      .default("https://openrouter.ai/api/v1")
      .describe("Of a service that speaks the protocol of OpenAI's chat completions"),
    model: z.string().min(1).default("openai/gpt-4o").describe("Its name there"),
    key: keyVariable
      .nullable()
      .default("OPENROUTER_API_KEY")
      .describe("The environment variable with its key, or with _FILE behind it the name of a file; null: it has none"),
    tasks_per_image: z.int().min(1).max(20).default(TASKS).describe("Tasks that are thought of for a scene"),
    max_tokens: z.int().min(1).default(TOKENS).describe("Longest answer"),
    timeout_s: z.number().gt(0).default(PATIENCE_S).describe("Longest time to an answer"),
    max_attempts: z.int().min(1).max(1000).default(ATTEMPTS).describe("Attempts of a request, the first included"),
    window: z.int().min(1).max(100).default(WINDOW).describe("Scenes that wait for answers at once"),
    max_spent: z
      .number()
      .gt(0)
      .nullable()
      .default(null)
      .describe("US dollars, by what the answers say they took; the run stops there, at most `window` answers later"),
    price_prompt: price.describe("US dollars a million prompt tokens, where answers do not say their cost"),
    price_completion: price.describe("US dollars a million tokens of answers, likewise"),
    max_quarantined_share: share.default(0.5).describe("The run stops when more of the scenes bring no plan"),
  })
  .describe("Where plans to imitate come from");

const ofType = (what: string) => share.default(0.25).describe(`Share of those that ${what}`);

const negatives = z
  .strictObject({
    samples: z.int().min(1).max(64).default(SAMPLES).describe("Plans that the SFT policy is asked of each task"),
    temperature: z.number().gt(0).max(2).default(0.8).describe("Of the samples"),
    per_task: z.number().gt(0).max(16).default(1).describe("Negatives that are wanted, for each task"),
    shares: z
      .strictObject({
        format: ofType("cannot be read as they are"),
        action: ofType("have no action, or one on the wrong thing"),
        state_transition: ofType("have a step that cannot be done, or none that is needed"),
        inefficient: ofType("do the task in more steps than the right plan"),
      })
      .prefault({})
      .describe("How much of them is of each type; where samples have too few, a rule makes them of right plans"),
  })
  .describe("Wrong plans, by what is wrong with them first");

/** Tokens. */
const LONGEST_PLAN = 512;

const { benchmarks: _, ...asking } = measuring;

export const harpRecipe = z
  .strictObject({
    pipeline: z.literal("harp").describe("Embodied plans: data build, SFT, typed negatives, GRPO"),
    ...common,
    init: path.describe("The checkpoint that SFT starts from, relative to the worker's root"),
    stages: z
      .array(z.enum(["sft", "grpo"]))
      .min(1)
      .default(["sft", "grpo"])
      .describe("Which trainings: sft, or sft and grpo"),
    scenes: z
      .strictObject({
        path: path.describe("Folder of the scenes' images, relative to the worker's root"),
        suffix: z.string().min(1).default("_0.png").describe("How the names of those end that are used"),
        max_images: z.int().min(1).optional().describe("Use at most so many, chosen by the seed"),
        max_image_pixels: source.shape.max_image_pixels,
      })
      .describe("What is looked at"),
    plans: plans.prefault({}),
    actions: moreActions
      .optional()
      .describe(
        "Actions beside Navigate, Pick and Place: by state (INIT, AT, HOLDING, AT_HOLDING) the next one and the reward",
      ),
    sft: z.strictObject({ training: imitation }).describe("Supervised fine-tuning on the plans"),
    negatives: negatives.prefault({}),
    grpo: z.strictObject({ training: reinforcement }).optional().describe("Reinforcement by the process reward"),
    ...asking,
    answering: asking.answering
      .extend({ max_new_tokens: withDefault(asking.answering.shape.max_new_tokens, LONGEST_PLAN) })
      .describe("How policies are loaded, to be trained too, and how they answer"),
    ...operation,
  })
  .describe("Embodied plans from pictures of scenes: SFT, typed negatives, GRPO with a process reward");

export type Recipe = z.output<typeof harpRecipe>;

/** What verification reads of a recipe that names no benchmarks: plans are judged by their own. */
export const BENCHMARKS = [{ benchmark: "plan", settings: {} }] as const;

/** The stages that a recipe runs, with their trainings, which its rules have seen to be there. */
export function stagesOf({ stages, sft: first, grpo: second }: Recipe) {
  return stages.map((name) =>
    name === "sft"
      ? ({ name, training: first.training } as const)
      : ({ name, training: { ...second!.training, rewards: { plan: 1 }, credit: "action" } } as const),
  );
}
