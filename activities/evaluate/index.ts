import type { EvaluateSteps } from "../../src/pipeline/evaluate/contract/plan.ts";
import type { Written } from "../step.ts";
import { openEvaluate } from "./open.ts";

/** The steps that only an evaluation has, by the queue that they are on. */
export const evaluateSteps = { control: { openEvaluate } satisfies Written<EvaluateSteps> };
