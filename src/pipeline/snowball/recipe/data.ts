import { z } from "zod";
import { source } from "../../../recipe/parts/data.ts";

/** The questions of a loop, and those of them that are kept from training. */
export const data = source
  .extend({
    held_out: z
      .strictObject({
        val: z.int().min(0).default(0).describe("Questions that the gate looks at"),
        test: z.int().min(0).default(0).describe("Questions that the report shows"),
      })
      .prefault({})
      .describe("Questions kept from training, by scene; 0 and 0 switch evaluation and gate off"),
    max_samples: z.int().min(1).optional().describe("Train on at most this many questions, chosen by the seed"),
  })
  .describe("Where the questions come from");
