import { z } from "zod";
import { changes } from "../parts/changes.ts";
import { common } from "../parts/common.ts";
import { critic, evaluator } from "../parts/critic.ts";
import { data } from "../parts/data.ts";
import { evaluation } from "../parts/evaluation.ts";
import { executor } from "../parts/executor.ts";
import { loop } from "../parts/loop.ts";
import { chunk, retries, thresholds } from "../parts/operation.ts";
import { planner } from "../parts/planner.ts";
import { prompt } from "../parts/prompt.ts";
import { rates } from "../parts/rates.ts";
import { scoring } from "../parts/scoring.ts";
import { simulate } from "../parts/simulate.ts";
import { training } from "../parts/training.ts";

/** The recipe of the iterative loop: each policy makes the preference data for the next. */
export const snowballRecipe = z
  .strictObject({
    pipeline: z.literal("snowball").describe("Which loop"),
    ...common,
    data,
    planner,
    executor,
    critic,
    evaluator,
    prompt,
    scoring: scoring.prefault({}),
    training,
    loop: loop.prefault({}),
    changes: changes.optional(),
    evaluation: evaluation.prefault({}),
    chunk: chunk.prefault({}),
    retries: retries.prefault({}),
    thresholds: thresholds.prefault({}),
    rates: rates.optional(),
    simulate: simulate.optional(),
  })
  .describe("Snowball: iterative on-policy preference training of a view planner");
