import { z } from "zod";
import { critic, evaluator } from "../../pipeline/snowball/recipe/critic.ts";
import { evaluation } from "../../pipeline/snowball/recipe/evaluation.ts";
import { executor } from "../../pipeline/snowball/recipe/executor.ts";
import { chunk, retries, thresholds } from "./operation.ts";
import { planner } from "../../pipeline/snowball/recipe/planner.ts";
import { prompt } from "../../pipeline/snowball/recipe/prompt.ts";
import { rates } from "../../pipeline/snowball/recipe/rates.ts";
import { simulate } from "./simulate.ts";

/** What the recipe of every pipeline begins with. */
export const common = {
  $schema: z.string().optional().describe("For editors"),
  name: z
    .string()
    .max(64)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "letters, digits, dots, - and _ are needed, a letter or digit first")
    .describe("The run's name: what a person types to find it again"),
  seed: z.int().min(0).default(0).describe("All noise and every split derive from it"),
};

/** Who plans views, makes them, scores them and measures, and what they are asked. */
export const roles = { planner, executor, critic, evaluator, prompt };

/** How a run is measured, how it works and what it costs. */
export const operation = {
  evaluation: evaluation.prefault({}),
  chunk: chunk.prefault({}),
  retries: retries.prefault({}),
  thresholds: thresholds.prefault({}),
  rates: rates.optional(),
  simulate: simulate.optional(),
};
