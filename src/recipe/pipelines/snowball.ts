import { z } from "zod";
import { changes } from "../parts/changes.ts";
import { common, operation, roles } from "../parts/common.ts";
import { data } from "../parts/data.ts";
import { loop } from "../parts/loop.ts";
import { scoring } from "../parts/scoring.ts";
import { training } from "../parts/training.ts";

/** The recipe of the iterative loop: each policy makes the preference data for the next. */
export const snowballRecipe = z
  .strictObject({
    pipeline: z.literal("snowball").describe("Which loop"),
    ...common,
    data,
    ...roles,
    scoring: scoring.prefault({}),
    training,
    loop: loop.prefault({}),
    changes: changes.optional(),
    ...operation,
  })
  .describe("Snowball: iterative on-policy preference training of a view planner");
