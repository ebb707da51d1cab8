import { z } from "zod";
import { scoring } from "./scoring.ts";
import { training } from "../../../training/dpo.ts";

/** Blocks that take the place of the recipe's own in the middle of a run; the iterations before keep theirs. */
export const changes = z
  .array(
    z.strictObject({
      from_iteration: z.int().min(1).describe("The first iteration, counted from 0, that works by these blocks"),
      scoring: scoring.optional().describe("In place of `scoring`, as a whole"),
      training: training.optional().describe("In place of `training`, as a whole"),
    }),
  )
  .min(1)
  .describe("Blocks that were changed in the middle of a run; `snowball run --from-iteration` writes them");
