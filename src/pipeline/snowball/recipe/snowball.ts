import { z } from "zod";
import { changes } from "./changes.ts";
import { common } from "../../../recipe/common.ts";
import { roles, working } from "./blocks.ts";
import { data } from "./data.ts";
import { loop } from "./loop.ts";
import { scoring } from "./scoring.ts";
import { training } from "../../../training/dpo.ts";

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
    ...working,
  })
  .describe("Snowball: iterative on-policy preference training of a view planner");
