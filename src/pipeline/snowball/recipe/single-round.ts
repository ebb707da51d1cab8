import { z } from "zod";
import { common } from "../../../recipe/common.ts";
import { roles, working } from "./blocks.ts";
import { data } from "./data.ts";
import { path } from "../../../recipe/parts/fields.ts";
import { loop } from "./loop.ts";
import { scoring } from "./scoring.ts";
import { training } from "../../../training/dpo.ts";

/** Score units: one round has pairs enough to leave the doubtful ones out. */
const MIN_SCORE_GAP = 0.5;
/** Passes over the pairs of the one round, where an iteration of the loop makes one. */
const EPOCHS = 3;

const round = z
  .strictObject({
    stop_after: z
      .enum(["pairs", "evaluation"])
      .default("evaluation")
      .describe("pairs: only make the preference data; evaluation: train on it and measure, too"),
    pairs: path
      .optional()
      .describe(
        "Train on this file of preference pairs instead of making some: {image, prompt, chosen, rejected}, or rows of another trainer",
      ),
  })
  .describe("Which half of the round to run, as people run the two halves apart");

/** A part that was changed, with what people are told about it: zod drops that. */
function told<S extends z.ZodType>(changed: S, part: z.ZodType): S {
  return changed.describe(part.description ?? "");
}

/** The recipe of one round: generate data, train, evaluate. */
export const singleRoundRecipe = z
  .strictObject({
    pipeline: z.literal("single-round").describe("Which loop"),
    ...common,
    data: told(data.extend({ path: data.shape.path.optional() }), data),
    ...roles,
    scoring: told(
      scoring.extend({
        min_score_gap: told(scoring.shape.min_score_gap.unwrap().default(MIN_SCORE_GAP), scoring.shape.min_score_gap),
        below_gap: told(scoring.shape.below_gap.unwrap().default("drop"), scoring.shape.below_gap),
      }),
      scoring,
    ).prefault({}),
    training: told(
      training.extend({
        num_train_epochs: training.shape.num_train_epochs.unwrap().default(EPOCHS).describe("Passes over the pairs"),
      }),
      training,
    ),
    round: round.prefault({}),
    loop: told(
      loop
        .omit({ num_iterations: true })
        .extend({ num_iterations: z.int().min(1).max(1).default(1).describe("One round is one iteration") }),
      loop,
    ).prefault({}),
    ...working,
  })
  .describe("Single round: preference data from the base policy, one training, one evaluation");
