import { z } from "zod";
import type { ScoringWeights } from "../../../preference/scores.ts";
import { share } from "../../../recipe/parts/fields.ts";

/** Score units: pairs below it are weak. Set it by looking at the gap quantiles in the summary. */
const MIN_SCORE_GAP = 0.3;
/** Score units: below it a difference is the critic's rounding, not a preference. */
const TIE_FLOOR = 0.02;
/** With more pairs than this against unparseable output, a policy learns its syntax and little else. */
const MAX_FAILURE_PAIR_SHARE = 0.25;

const weight = z.number().min(0);

export const scoring = z
  .strictObject({
    method: z
      .enum(["confidence", "answer_gain", "explicit", "both", "gt_similarity"])
      .default("confidence")
      .describe(
        "confidence: of the critic's own answer; answer_gain: probability of the true answer (needs answers); " +
          "explicit: the critic's rating of the views; both: confidence and explicit; " +
          "gt_similarity: of the critic's own answer to the true one (needs answers)",
      ),
    // No default here: it would be written into every recipe.
    weights: z
      .strictObject({
        confidence: weight.describe("Share of confidence"),
        explicit: weight.describe("Share of the rating"),
      })
      .optional()
      .describe("How `both` weighs its two scores, as a weighted mean; equally when left out"),
    min_score_gap: z.number().min(0).max(2).default(MIN_SCORE_GAP).describe("Pairs with a smaller gap are weak"),
    below_gap: z.enum(["keep", "drop"]).default("keep").describe("What happens to weak pairs"),
    tie_floor: z.number().min(0).max(2).default(TIE_FLOOR).describe("Smaller gaps are ties and make no pair"),
    empty: z
      .enum(["score", "drop"])
      .default("score")
      .describe("A completion without instructions: score it 0, or leave it out"),
    max_failure_pair_share: share
      .default(MAX_FAILURE_PAIR_SHARE)
      .describe("Largest share of pairs whose rejected text is a policy failure"),
    view_cost: z.number().min(0).max(1).default(0).describe("Subtracted from the score for every view"),
  })
  .describe("How samples become scores and scores become pairs");

export type Scoring = z.output<typeof scoring>;
export type ScoringMethod = Scoring["method"];

/** Equal, as nothing says which of the two knows more. */
export const WEIGHTS: ScoringWeights = { confidence: 0.5, explicit: 0.5 };

/** The prompt files that a method asks the critic with, beside `answer`. */
export const ASKS_WITH = {
  confidence: [],
  answer_gain: [],
  explicit: ["rate", "rate_again"],
  both: ["rate", "rate_again"],
  gt_similarity: ["similarity", "similarity_again"],
} as const satisfies Record<ScoringMethod, readonly string[]>;
