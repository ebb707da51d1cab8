import { z } from "zod";
import { share } from "../../../recipe/parts/fields.ts";

/** A run that loses more samples than this to machines has a fault to mend first. */
const MAX_QUARANTINED_SHARE = 0.1;
const MAX_ABSTENTION_WARNING = 0.3;

export const thresholds = z
  .strictObject({
    max_quarantined_share: share
      .default(MAX_QUARANTINED_SHARE)
      .describe("The run stops when a shard has more quarantined samples"),
    max_abstention_warning: share
      .default(MAX_ABSTENTION_WARNING)
      .describe("A larger share of empty completions is warned about"),
  })
  .describe("When a run stops or warns");
