import { z } from "zod";
import { resamples } from "../../../recipe/parts/fields.ts";

const referenceView = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_-]+$/, "lower-case letters, digits, - and _ are needed")
    .describe("What the report calls it"),
  instruction: z.string().min(1).describe("What the executor is told, in place of the planner's words"),
});

export const evaluation = z
  .strictObject({
    reference_views: z
      .array(referenceView)
      .default([])
      .describe("Views that every held-out question is given, as floors: always from behind, …"),
    bootstrap_resamples: resamples,
    // No default here: it would be written into every recipe.
    reader: z
      .enum(["strict", "mmsi"])
      .optional()
      .describe(
        "How the letter of an answer is read. strict, also when left out: the one that is stated; mmsi: in the order " +
          "of MMSI-Bench's own reader, for figures that are compared with published ones",
      ),
  })
  .describe("What a policy is measured against");
