import type { z } from "zod";
import { StepFailure } from "../failure.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { evaluate } from "./evaluate/index.ts";
import { harp } from "./harp/index.ts";
import type { Pipeline } from "./pipeline.ts";
import { pointerSelector } from "./pointer-selector/index.ts";
import { singleRound, snowball } from "./snowball/index.ts";
import { spatial } from "./spatial/index.ts";
import { unifiedReward } from "./unified-reward/index.ts";

/** The pipelines, by the `pipeline` of a recipe. A new one adds one line. */
export const PIPELINES = {
  snowball,
  "single-round": singleRound,
  evaluate,
  harp,
  spatial,
  "unified-reward": unifiedReward,
  "pointer-selector": pointerSelector,
};

export type PipelineName = keyof typeof PIPELINES;

/** A recipe as it is written: what has a default may be absent. A parsed `Recipe` is one too. */
export type RecipeInput = z.input<(typeof PIPELINES)[PipelineName]["schema"]>;

/** A parsed recipe: every default filled in. */
export type Recipe = z.output<(typeof PIPELINES)[PipelineName]["schema"]>;

/** A pipeline's recipe as editors check it: the file below configs/schema/, and what it is generated from. */
export const RECIPE_SCHEMAS = Object.fromEntries(
  Object.entries(PIPELINES).map(([name, { schema }]) => [`${name}.json`, schema]),
);

export const PIPELINE_NAMES = Object.keys(PIPELINES) as PipelineName[];

/** The pipeline of a recipe. @throws {StepFailure} BadInput for one that this version does not know */
export function pipelineOf({ pipeline }: Pick<CommonRecipe, "pipeline">): Pipeline {
  if (isPipeline(pipeline)) return PIPELINES[pipeline];
  throw new StepFailure(
    "BadInput",
    `"${pipeline}" is no pipeline that this version knows; ${PIPELINE_NAMES.join(", ")} are.`,
  );
}

export function isPipeline(name: unknown): name is PipelineName {
  return typeof name === "string" && Object.hasOwn(PIPELINES, name);
}
