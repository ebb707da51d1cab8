import { z } from "zod";
import { vllmFrozen } from "../../recipe/parts/vllm.ts";
import { common, operation } from "../../recipe/common.ts";
import { source } from "../../recipe/parts/data.ts";
import { attention, dtype, path, pixelLimits, resamples, share } from "../../recipe/parts/fields.ts";
import { SAMPLERS } from "../../contract/selector.ts";
import { STAGES, type StageName } from "./contract/plan.ts";

/** Candidates a query chooses from, beams that are kept and examples in each: those of the field's beam files. */
const CANDIDATES = 64;
const BEAMS = 5;
const SHOTS = 2;
/** Wide enough for CLIP's 768 numbers, small enough for thousands of queries a second on a CPU. */
const HIDDEN = 256;
const HEADS = 4;
/** Tokens: VQA's answers are a word or a short phrase. */
const MAX_NEW_TOKENS = 16;
const MICRO_BATCH = 16;
/** The field's encoder, at the place that README downloads models to. */
const ENCODER = "models/clip-vit-large-patch14";
const EMBEDDED_AT_ONCE = 64;

const set = source
  .omit({ format: true })
  .extend({
    annotations: path
      .optional()
      .describe(
        "VQAv2's or OK-VQA's official annotations, relative to the worker's root; path is then their questions",
      ),
    limit: z.int().min(1).optional().describe("The first so many of them"),
  })
  .describe("Questions with images and the answers that people gave");

const epochs = (standard: number) =>
  z.int().min(0).default(standard).describe("Passes over the queries; 0 leaves the stage out");
const rate = (standard: number) => z.number().gt(0).default(standard).describe("Highest learning rate");

const training = z
  .strictObject({
    backend: z.enum(["torch", "simulated"]).default("torch").describe("Who trains; simulated rehearses without torch"),
    batch_size: z.int().min(1).default(64).describe("Queries an optimizer step"),
    weight_decay: z.number().min(0).default(0.01).describe("AdamW's"),
    warmup: share.default(0.1).describe("Share of a stage's steps in which the rate rises; a cosine follows"),
    max_grad_norm: z.number().gt(0).default(1).describe("Longer gradients are shortened to this"),
    validation: share.default(0.1).describe("Share of the queries that is only looked at, chosen by the seed"),
  })
  .describe("What the three stages have in common");

const sft = z
  .strictObject({
    epochs: epochs(20),
    learning_rate: rate(1e-4),
    label_smoothing: z.number().min(0).lt(1).default(0.1).describe("Spread over the examples that may be chosen"),
  })
  .describe("Imitates every query's best beam");

const rce = z
  .strictObject({
    epochs: epochs(2),
    learning_rate: rate(1e-5),
    temperature_start: z.number().gt(0).default(2).describe("Of the weights softmax(score / temperature), at first"),
    temperature_end: z.number().gt(0).default(0.5).describe("And at the end; linear between"),
    scores: z
      .enum(["raw", "zscore"])
      .default("raw")
      .describe("raw: gains as they are, whose weights are nearly uniform; zscore: standardised within a query"),
  })
  .describe("Cross-entropy of every beam, weighted by its score");

const reward = z
  .strictObject({
    beam: z.number().min(0).default(1).describe("Weight of the gain in the answer's probability"),
    diversity: z.number().min(0).default(0).describe("Weight of how unlike each other the chosen are"),
    coherence: z.number().min(0).default(0).describe("Weight of how like the query the chosen are"),
    task: z.number().min(0).default(0).describe("Weight of the VQA accuracy; beams.answers has to be true"),
  })
  .describe("What a beam is worth");

const grpo = z
  .strictObject({
    epochs: epochs(3),
    learning_rate: rate(1e-5),
    clip: z.number().gt(0).lt(1).default(0.2).describe("The ratio counts within 1 ± this"),
    beta: z.number().min(0.001).max(10).default(0.1).describe("Weight of the KL at first; it follows the KL"),
    temperature: z
      .number()
      .min(0.5)
      .max(2)
      .default(1)
      .describe("At which beams would be sampled from the stage's start, at first; it follows the KL"),
    advantage_clip: z.number().gt(0).default(5).describe("Advantages are cut off here, to both sides"),
    curriculum_epochs: z.int().min(0).default(1).describe("Epochs on the best beams alone, before all"),
    curriculum_beams: z.int().min(2).default(3).describe("How many are the best"),
    reward: reward.prefault({}),
    keep: z
      .enum(["reward", "kl", "last"])
      .default("reward")
      .describe("Which epoch's weights go on: highest validation reward, lowest validation KL, or the last"),
  })
  .describe("Policy gradient within each query's beams");

export const selectorRecipe = z
  .strictObject({
    pipeline: z.literal("pointer-selector").describe("A pointer network that chooses in-context examples"),
    ...common,
    examples: z
      .strictObject({
        pool: set.describe("What examples are chosen from"),
        queries: set.describe("What the selector is trained on; may be the pool's file"),
        test: set.describe("What is answered in the end"),
      })
      .describe("Three sets of questions"),
    embedding: z
      .strictObject({
        backend: z
          .enum(["clip", "clip-onnx", "simulated"])
          .default("clip")
          .describe("Who embeds images and texts: transformers' CLIP, its ONNX export in the worker, or nobody"),
        model: path.default(ENCODER).describe("Its folder, relative to the worker's root"),
        dtype: dtype.default("float32").describe("The dtype in which it computes"),
        attn_implementation: attention.describe("The attention kernel"),
        micro_batch: z.int().min(1).default(EMBEDDED_AT_ONCE).describe("Images or texts at once"),
      })
      .prefault({})
      .describe("How examples are seen by the selector"),
    critic: z
      .strictObject({
        backend: z.enum(["transformers", "vllm", "simulated"]).describe("Who serves the model that is shown examples"),
        model: path.describe("Its folder, relative to the worker's root"),
        dtype: dtype.describe("The dtype in which it is served"),
        attn_implementation: attention.describe("The attention kernel"),
        ...pixelLimits,
        vllm: vllmFrozen,
        max_new_tokens: z.int().min(1).default(MAX_NEW_TOKENS).describe("Longest answer"),
        micro_batch: z.int().min(1).default(MICRO_BATCH).describe("Prompts at once"),
      })
      .describe("Scores sets of examples, and answers with them"),
    beams: z
      .strictObject({
        given: path.optional().describe("A beam file in place of the search, relative to the worker's root"),
        sampler: z.enum(SAMPLERS).default("mixed").describe("How a query's candidates are drawn from the pool"),
        candidates: z.int().min(2).default(CANDIDATES).describe("Candidates of a query"),
        size: z.int().min(1).default(BEAMS).describe("Beams that are kept"),
        shots: z.int().min(1).max(16).default(SHOTS).describe("Examples in a beam"),
        answers: z.boolean().default(false).describe("Also answer with every beam, for the task reward"),
      })
      .prefault({})
      .describe("The beam search over sets of examples"),
    selector: z
      .strictObject({
        hidden: z.int().min(8).default(HIDDEN).describe("Width of the projections"),
        heads: z.int().min(1).default(HEADS).describe("Heads of the attention from query to candidates"),
        temperature: z.number().gt(0).default(0.1).describe("Cosines are divided by this"),
      })
      .prefault({})
      .describe("The network"),
    training,
    sft: sft.prefault({}),
    rce: rce.prefault({}),
    grpo: grpo.prefault({}),
    shots: z.array(z.int().min(0).max(16)).min(1).default([1, 2]).describe("Numbers of examples that are compared"),
    bootstrap_resamples: resamples,
    max_quarantined_share: share.default(0.1).describe("The run stops when more answers are lost to the machine"),
    ...operation,
  })
  .describe("Pointer selector: beams scored by a model, SFT, RCE and GRPO of a pointer network, VQA accuracy");

export type Recipe = z.output<typeof selectorRecipe>;

/** Those that a recipe runs. */
export function stagesOf(recipe: Pick<Recipe, StageName>): StageName[] {
  return STAGES.filter((name) => recipe[name].epochs > 0);
}
