/** What a new recipe is made from. Paths are relative to the root. */
export interface SketchInput {
  readonly name: string;
  readonly pipeline: string;
  readonly data: string;
  readonly images: string;
  readonly model: string;
  readonly critic: string;
  readonly evaluator: string;
  readonly executor: {
    readonly backend: string;
    readonly model?: string;
    readonly width?: number;
    readonly height?: number;
  };
  readonly size: DataSketch;
}

/** What the data suggests. */
export interface DataSketch {
  readonly hasAnswers: boolean;
  readonly iterations: number;
  readonly val: number;
  readonly test: number;
}

/** Rounds of the loop, where there are questions enough for them. */
const ITERATIONS = 5;
/** Questions an iteration needs at least, to make pairs that say something. */
const SHARD = 20;
/** Share of the questions that is held out, half as many again for the gate; and the most that intervals gain from. */
const TEST_SHARE = 0.1;
const MOST_TEST = 1000;

/** How much to hold out of so many questions and how often to go around, the most wanted first. */
export function dataSketches(questions: number, hasAnswers: boolean): DataSketch[] {
  const test = hasAnswers ? Math.min(MOST_TEST, Math.round(questions * TEST_SHARE)) : 0;
  const val = Math.round(test / 2);
  const rounds = Math.max(1, Math.min(ITERATIONS, Math.floor((questions - test - val) / SHARD)));
  const held = { hasAnswers, iterations: rounds, val, test };
  // Questions that share pictures leave together, so that fewer may be left than the numbers say.
  return [held, { ...held, iterations: 1 }, { hasAnswers, iterations: 1, val: 0, test: 0 }];
}

/** A recipe of what a user has: as short as one can be. */
export function sketch({
  pipeline,
  name,
  data,
  images,
  model,
  critic,
  evaluator,
  executor,
  size,
}: SketchInput): object {
  const { hasAnswers, iterations, val, test } = size;
  return {
    pipeline,
    name,
    data: { path: data, image_root: images, held_out: { val, test } },
    planner: { backend: servedBy(model), model },
    executor,
    critic: { backend: servedBy(critic), model: critic },
    // Another model than the critic: the one that gives the scores must not be the examiner.
    evaluator: { backend: servedBy(evaluator), model: evaluator },
    prompt: {
      system: "configs/prompts/planner.system.txt",
      template: "configs/prompts/planner.template.txt",
      answer: "configs/prompts/critic.answer.txt",
    },
    scoring: { method: hasAnswers ? "answer_gain" : "confidence" },
    training: model === SIMULATED ? { backend: SIMULATED } : { backend: "trl", ...LORA_SIZED },
    ...(pipeline === "snowball" && { loop: { num_iterations: iterations } }),
    ...(test > 0 && { evaluation: { reference_views: VIEWS } }),
  };
}

/** With the defaults, which are full-model sized, few steps hardly move a LoRA; these do. */
const LORA_SIZED = { lora_rank: 64, lora_alpha: 128, learning_rate: 5e-5, num_train_epochs: 3 };

/** Floors: what a policy gains is judged against views that nobody had to choose. */
const VIEWS = [
  { name: "left", instruction: "Show the same scene from the left side." },
  { name: "right", instruction: "Show the same scene from the right side." },
  { name: "behind", instruction: "Show the same scene from behind." },
  { name: "above", instruction: "Show the same scene from above." },
];

/** A model of this name is none: it rehearses a run. */
const SIMULATED = "simulated";

function servedBy(model: string): string {
  return model === SIMULATED ? SIMULATED : "transformers";
}

/** Fields that are worth a look and have a default; the rest of the recipe's fields are in its schema. */
export const WORTH_A_LOOK: readonly string[] = [
  "seed",
  "planner.dtype",
  "planner.num_rollouts",
  "planner.temperature",
  "planner.max_new_tokens",
  "planner.max_instructions",
  "executor.width",
  "executor.height",
  "scoring.min_score_gap",
  "scoring.below_gap",
  "training.lora_rank",
  "training.lora_alpha",
  "training.learning_rate",
  "training.per_device_train_batch_size",
  "training.gradient_accumulation_steps",
  "loop.gate",
  "chunk.questions",
];
