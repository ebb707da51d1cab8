import { operation } from "../../../recipe/common.ts";
import { thresholds } from "./thresholds.ts";
import { critic, evaluator } from "./critic.ts";
import { evaluation } from "./evaluation.ts";
import { executor } from "./executor.ts";
import { planner } from "./planner.ts";
import { prompt } from "./prompt.ts";
import { rates } from "./rates.ts";

/** Who plans views, makes them, scores them and measures, and what they are asked. */
export const roles = { planner, executor, critic, evaluator, prompt };

/** How a run is measured, how it works and what it costs. */
export const working = {
  evaluation: evaluation.prefault({}),
  chunk: operation.chunk,
  retries: operation.retries,
  thresholds: thresholds.prefault({}),
  rates: rates.optional(),
  simulate: operation.simulate,
};
