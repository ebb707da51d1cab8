import { z } from "zod";
import { ITEM_SETS, measuring, questions } from "../../measuring/recipe.ts";
import { common, operation } from "../../recipe/common.ts";
import { label, path, share } from "../../recipe/parts/fields.ts";
import { server } from "../../recipe/parts/server.ts";
import { mixture } from "../../recipe/parts/mixture.ts";
import { training as dpoSettings } from "../../training/dpo.ts";
import { sft } from "../../training/sft.ts";

/** Chains a pair: some pairs then have right and wrong ones, which is what preferences are made of. */
const SAMPLES = 4;
/** Times that chains are sampled: what four chains have not brought, twelve may. */
const ROUNDS = 3;
/** Above it the chains that end in time are the short ones, and no picture of what the policy can do. */
const MAX_CUT_SHARE = 0.5;

const pairs = z
  .strictObject({
    name: label.optional().describe("What accounts call it; its format when absent"),
    format: z.enum(ITEM_SETS).describe("Whose rows they are; docs/pipelines/unified-reward.md"),
    path: questions.shape.path,
    image_root: questions.shape.image_root,
    max_image_pixels: questions.shape.max_image_pixels,
    bad_rows: z
      .enum(["refuse", "leave_out"])
      .default("refuse")
      .describe("leave_out: pairs that cannot be judged, or whose image is missing, are counted and listed"),
  })
  .describe("One set of pairs, of which the better one is known");

const sampling = z
  .strictObject({
    data: z.array(pairs).min(1).describe("The pairs that are judged"),
    items: z.int().min(1).optional().describe("Judge at most so many pairs, chosen by the seed"),
    settings: z.record(z.string(), z.json()).default({}).describe("How they are asked; docs/benchmarks.md, pairwise"),
    samples: z.int().min(1).max(64).default(SAMPLES).describe("Chains a pair, each time that it is asked"),
    temperature: z.number().min(0).max(2).default(1).describe("0: one greedy chain"),
    top_p: z.number().gt(0).max(1).default(1).describe("Below 1 the unlikely tokens are cut off"),
    fill: z
      .enum(["none", "right", "both"])
      .default("right")
      .describe("Which pairs are asked again: right, those without a right chain; both, those with one side only"),
    max_rounds: z.int().min(1).max(20).default(ROUNDS).describe("How often a pair is asked at most"),
    max_cut_share: share
      .default(MAX_CUT_SHARE)
      .describe("The run stops when more chains are cut at answering.max_new_tokens"),
  })
  .describe("Chains of the policy that the stage before made, or of `init`: what both later stages learn from");

const rejection = z
  .strictObject({
    per_item: z.int().min(1).default(1).describe("Right chains of a pair that are learned from; equal ones count once"),
    max_right_share: share
      .default(1)
      .describe("Pairs of whose chains more are right teach nothing new, and are left out"),
    rows: z.int().min(1).optional().describe("Keep at most so many chains, of the hardest pairs; all when absent"),
    training: sft.settings,
  })
  .describe("Rejection sampling: supervised fine-tuning on the right chains");

const dpo = z
  .strictObject({
    per_item: z.int().min(1).default(1).describe("Preferences of a pair, no chain of either side used twice"),
    balanced: z
      .boolean()
      .default(true)
      .describe("As many preferences that call the first of a pair better as the second, or DPO learns a place"),
    chosen_from: z
      .enum(["sampling", "policy", "model"])
      .default("sampling")
      .describe(
        "Whose right chains are preferred: sampling, the same chains that the wrong ones are of; policy, new ones of what the stage before made; model, those of a checkpoint of your own",
      ),
    model: path.optional().describe("chosen_from model: its checkpoint, relative to the worker's root"),
    server: server.describe("chosen_from model: who serves it, where answering.backend is openai"),
    training: dpoSettings,
  })
  .describe("Preferences of right chains over wrong ones, on the same pair");

/** A block of a stage that is not in `stages` is checked and does nothing. */
export const unifiedRewardRecipe = z
  .strictObject({
    pipeline: z.literal("unified-reward").describe("A reward model that thinks before it judges"),
    ...common,
    init: path.describe("The checkpoint that the first stage starts from, relative to the worker's root"),
    stages: z
      .array(z.enum(["cold_start", "rejection", "dpo"]))
      .min(1)
      .default(["cold_start", "rejection", "dpo"])
      .describe("Which trainings, in this order; each starts from what the one before made"),
    cold_start: z
      .strictObject({ ...mixture, training: sft.settings })
      .optional()
      .describe("Supervised fine-tuning on chains of thought of your own, which teach the format"),
    sampling: sampling.optional(),
    rejection: rejection.optional(),
    dpo: dpo.optional(),
    ...measuring,
    answering: measuring.answering.describe("How policies are loaded, to be trained too, and how they answer"),
    ...operation,
  })
  .describe("A reward model that thinks: cold start, rejection sampling, DPO, each measured on held-out pairs");

export type Recipe = z.output<typeof unifiedRewardRecipe>;
export type StageName = Recipe["stages"][number];
export type PairsBlock = z.output<typeof pairs>;

/** The stages that a recipe runs, with their trainings, which its rules have seen to be there. */
export function stagesOf(recipe: Recipe) {
  return recipe.stages.map((name) => ({ name, training: recipe[name]!.training }));
}
