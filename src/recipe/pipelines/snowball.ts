import { z } from "zod";
import { critic, evaluator } from "../parts/critic.ts";
import { data } from "../parts/data.ts";
import { evaluation } from "../parts/evaluation.ts";
import { executor } from "../parts/executor.ts";
import { loop } from "../parts/loop.ts";
import { chunk, retries, thresholds } from "../parts/operation.ts";
import { planner } from "../parts/planner.ts";
import { prompt } from "../parts/prompt.ts";
import { scoring } from "../parts/scoring.ts";
import { simulate } from "../parts/simulate.ts";
import { training } from "../parts/training.ts";

/** The recipe of the iterative loop: each policy makes the preference data for the next. */
export const snowballRecipe = z
  .strictObject({
    $schema: z.string().optional().describe("For editors"),
    pipeline: z.literal("snowball"),
    name: z
      .string()
      .max(64)
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, - and _ are needed, a letter or digit first")
      .describe("The run's name: what a person types to find it again"),
    seed: z.int().min(0).default(0).describe("All noise and every split derive from it"),
    data,
    planner,
    executor,
    critic,
    evaluator,
    prompt,
    scoring: scoring.prefault({}),
    training,
    loop: loop.prefault({}),
    evaluation: evaluation.prefault({}),
    chunk: chunk.prefault({}),
    retries: retries.prefault({}),
    thresholds: thresholds.prefault({}),
    simulate: simulate.optional(),
  })
  .describe("Snowball: iterative on-policy preference training of a view planner");

/** A parsed recipe: every default filled in. */
export type Recipe = z.output<typeof snowballRecipe>;
