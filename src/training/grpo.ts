import { z } from "zod";
import { isReward, rewardProblem, rewardsKey, REWARDS, weighed } from "../reward/index.ts";
import { ownReward } from "../reward/own.ts";
import { determining, type Reasons, unlessBefore } from "../determining.ts";
import type { Algorithm } from "./algorithm.ts";
import { type AskedRow, askedOf } from "./asked.ts";
import { grpoWarnings } from "./grpo-warnings.ts";
import { howItRuns, settingsKey, who, withDefault } from "./common.ts";
import type { SettingsRule } from "./rules.ts";
import { drawnBy, VLLM_RULES } from "./vllm.ts";

/** A question whose answers are rewarded, an entry of grpo_rows.json. */
export interface GrpoRow extends AskedRow {
  /** The true answer. */
  readonly truth: string;
  /** Texts that completions are compared with, too, and that nothing is learned from; only with credit by action. */
  readonly references?: readonly string[];
  /** The type of its task, by which a reward may judge: "spatial", "counting". */
  readonly kind: string;
}

/** Completions of a group: the smallest of the field's, for the memory of one GPU. */
const GENERATIONS = 4;
const TEMPERATURE = 0.7;
/** Tokens. */
const COMPLETION = 256;
/** How far the policy may leave the reference (Shao et al. 2024). TRL's own default of 0 measures no KL. */
const BETA = 0.04;
/** The clipping of PPO's authors, and TRL's default. */
const EPSILON = 0.2;
const LEARNING_RATE = 1e-6;
/** One group a forward pass, and four an optimizer step. */
const ACCUMULATION = 4;
/** The losses of TRL's GRPOTrainer that need nothing but the other settings here. */
const LOSSES = ["grpo", "dapo", "dr_grpo", "bnpo", "cispo"] as const;

const rewardNames = Object.keys(REWARDS);

const rewards = z
  .record(z.string(), z.number())
  .refine((weights) => Object.keys(weights).every(isKnown), {
    error: ({ input }) =>
      `${unknownIn(input as object)} is no reward; ${rewardNames.join(", ")} are, and a .ts or .js file below the root or an http address can be`,
  })
  .refine((weights) => Object.values(weights).some((weight) => weight !== 0), {
    error: "one weight that is not 0 is needed, or nothing is learned",
  });

function unknownIn(weights: object): string {
  return Object.keys(weights).find((name) => !isKnown(name))!;
}

function isKnown(name: string): boolean {
  return isReward(name) || ownReward(name) !== null;
}

/** For pipelines with defaults of their own. */
export const grpoSettings = z
  .strictObject({
    ...who,
    rewards: rewards
      .default({ combined: 1 })
      .describe(
        `The weight of each reward in the sum of them; there are ${rewardNames.join(", ")}, and your own by file or address`,
      ),
    num_generations: z
      .int()
      .min(2)
      .default(GENERATIONS)
      .describe("Completions of a question, compared with each other; has to divide the rows of a step"),
    temperature: z.number().gt(0).default(TEMPERATURE).describe("Of the sampled completions"),
    top_p: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe(
        "Below 1 the completions come from a truncated policy, while the loss weighs them by the whole one's probabilities",
      ),
    max_completion_length: z.int().min(1).default(COMPLETION).describe("Tokens of a completion before it is cut"),
    beta: z
      .number()
      .min(0)
      .max(10)
      .default(BETA)
      .describe("Strength of the pull to the reference; 0 needs no reference, and measures no KL"),
    loss_type: z.enum(LOSSES).default("dapo").describe("How the tokens' losses are averaged"),
    scale_rewards: z
      .enum(["group", "batch", "none"])
      .default("group")
      .describe("Whose standard deviation the advantages are divided by"),
    epsilon: z.number().gt(0).lt(1).default(EPSILON).describe("How far a token's probability ratio counts below 1"),
    epsilon_high: z.number().gt(0).optional().describe("How far it counts above 1; epsilon when absent"),
    credit: z
      .enum(["sequence", "action"])
      .default("sequence")
      .describe(
        "sequence: every token of a completion has its advantage; action: the tokens of an action have their own, where the reward says whose merit it is",
      ),
    ...drawnBy,
    ...howItRuns,
    learning_rate: withDefault(howItRuns.learning_rate, LEARNING_RATE),
    per_device_train_batch_size: withDefault(howItRuns.per_device_train_batch_size, GENERATIONS).describe(
      "Completions a forward pass",
    ),
    gradient_accumulation_steps: withDefault(howItRuns.gradient_accumulation_steps, ACCUMULATION),
    extra: z.record(z.string(), z.json()).default({}).describe("Passed on to TRL's GRPOConfig, which checks it"),
  })
  .describe("How a policy learns from rewards: of several answers to a question, the better ones become more likely");

export const NOT_OF_GRPO = {
  vllm: "it is what vLLM starts with; what would exceed it is refused, and nothing is cut",
} as const satisfies Reasons<z.output<typeof grpoSettings>>;

/** Who draws decides how sums are rounded, and so is in the key; trainings before vLLM could draw are found again. */
const DRAWN_BEFORE = { use_vllm: false } as const;

/** A group is compared within itself, so none may be cut in two by a step. */
const wholeGroups: SettingsRule<z.output<typeof grpoSettings>> = (own, at) =>
  completionsAStep(own) % own.num_generations !== 0 && {
    field: ["num_generations"],
    message: `${at}.num_generations is ${own.num_generations}; a divisor of a step's ${completionsAStep(own)} completions (per_device_train_batch_size × gradient_accumulation_steps × num_processes) is needed.`,
  };

/**
 * Optimizer steps, as TRL's GRPOTrainer counts them: of an epoch's questions in their drawn order, those that do not
 * fill a step are left out.
 */
function groupSteps(rows: number, own: z.output<typeof grpoSettings>): number {
  if (own.max_steps !== undefined) return own.max_steps;
  return Math.ceil((own.num_train_epochs ?? 1) * Math.floor((rows * own.num_generations) / completionsAStep(own)));
}

/** Completions of an optimizer step, over all processes. */
function completionsAStep(own: z.output<typeof grpoSettings>): number {
  return own.per_device_train_batch_size * own.gradient_accumulation_steps * own.num_processes;
}

/** Every pass of a divided network waits for all processes, and completions of different lengths take as many passes. */
const undivided: SettingsRule<z.output<typeof grpoSettings>> = ({ fsdp }, at) =>
  fsdp !== undefined && {
    field: ["fsdp"],
    message: `${at}.fsdp is ${fsdp}, which GRPO cannot draw completions with; deepspeed is needed.`,
  };

/** Group-relative policy optimisation (Shao et al. 2024) by TRL's GRPOTrainer. */
export const grpo: Algorithm<z.output<typeof grpoSettings>> = {
  settings: grpoSettings,
  files: { rows: "grpo_rows.json", joined: "grpo.json" },
  rules: [wholeGroups, undivided, ...VLLM_RULES],
  steps: groupSteps,
  ownJudges: ({ rewards: weights }) => Object.keys(weights).filter((name) => !isReward(name)),
  judge: ({ rewards: weights }, own) => ({
    problem: (row) =>
      Object.values(own).reduce((found, judge) => found ?? judge.problem(row), rewardProblem(weights, row as GrpoRow)),
    async score(row, text) {
      const others = Object.entries(own).map(async ([name, judge]) => [name, await judge.score(row, text)] as const);
      return weighed(weights, row as GrpoRow, text, Object.fromEntries(await Promise.all(others)));
    },
  }),
  warnings: (log, _rows, own) => grpoWarnings(log, own),
  keyed: (own) => {
    const settings = determining(settingsKey(own) as typeof own, NOT_OF_GRPO);
    return { ...unlessBefore(settings, DRAWN_BEFORE), rewards: rewardsKey(own.rewards) };
  },
  prompts: (rows, images) => askedOf(rows as readonly GrpoRow[], images),
};
