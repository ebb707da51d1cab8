import { z } from "zod";
import { share } from "./fields.ts";

/** Score units: pairs below it are weak. Set it by looking at the gap quantiles in the summary. */
const MIN_SCORE_GAP = 0.3;
/** Score units: below it a difference is the critic's rounding, not a preference. */
const TIE_FLOOR = 0.02;
/** With more pairs than this against unparseable output, a policy learns its syntax and little else. */
const MAX_FAILURE_PAIR_SHARE = 0.25;

export const scoring = z
  .strictObject({
    method: z
      .enum(["confidence", "answer_gain"])
      .default("confidence")
      .describe("confidence: of the critic's own answer; answer_gain: probability of the true answer (needs answers)"),
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
