import { join } from "node:path";
import { writeJson } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef } from "../src/contract/artifact.ts";
import type { StepLimits } from "../src/contract/run.ts";
import { StepFailure } from "../src/failure.ts";
import { pipelineOf, type PipelineName, type Recipe } from "../src/pipeline/index.ts";
import { parseRecipeObject } from "../src/pipeline/parse.ts";
import type { CommonRecipe } from "../src/recipe/common.ts";
import type { RecipeFile } from "../src/run/recipe-file.ts";
import type { ActivityDeps } from "./deps.ts";

/** Of a keyword that is searched for: databases of Temporal's keep 255 of each. */
const MOST_LETTERS = 255;

/** Raise when the meaning of recipe.json changes. */
const RESULT_VERSION = 1;

/**
 * The recipe that a run was started with, parsed.
 * @param pipelines what the workflow runs
 * @throws {StepFailure} BadInput for one that is not usable, is another pipeline's, or has another name than the run
 */
export function openedAs<P extends PipelineName>(
  input: unknown,
  name: string,
  pipelines: readonly P[],
): Extract<Recipe, { pipeline: P }> {
  const recipe = parseRecipeObject(input);
  if (!isOneOf(recipe, pipelines)) {
    const told = `pipeline is "${recipe.pipeline}", but the workflow that was started runs ${pipelines.join(" and ")}`;
    throw new StepFailure("BadInput", `${told}; start the workflow "${recipe.pipeline}" with it.`);
  }
  if (recipe.name === name) return recipe;
  throw new StepFailure(
    "BadInput",
    `The recipe's name is "${recipe.name}", but the run was started as "${name}"; they must be equal.`,
  );
}

function isOneOf<P extends PipelineName>(
  recipe: Recipe,
  pipelines: readonly P[],
): recipe is Extract<Recipe, { pipeline: P }> {
  return pipelines.some((name) => name === recipe.pipeline);
}

export interface KeptRecipe {
  readonly ref: ArtifactRef;
  /** What a run keeps of its recipe, and shows as config.json. */
  readonly recipe: object;
  readonly limits: StepLimits;
  /** By what the run can be listed. */
  readonly listed: { readonly searchAttributes: boolean; readonly dataset: string };
}

/** Keeps the recipe as an artifact, with the texts and the digests of what it names. */
export async function keepRecipe(deps: ActivityDeps, file: RecipeFile): Promise<KeptRecipe> {
  // How fast a device is determines nothing; a run must not move to another folder when it was measured again.
  const { $schema: _, rates: __, ...recipe } = file.recipe as CommonRecipe & { rates?: unknown };
  const kept = { ...file, recipe };
  const recipeOf = { step: "recipe", version: RESULT_VERSION, params: kept, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJson(join(folder, "recipe.json"), kept);
    return { rows: 1 };
  });
  const { retries } = recipe;
  const limits = {
    maxAttempts: retries.max_attempts,
    initialIntervalSeconds: retries.initial_interval_s,
    heartbeatSeconds: retries.heartbeat_timeout_s,
    chunkSeconds: retries.chunk_timeout_s,
    trainSeconds: retries.train_timeout_s,
  };
  const dataset = pipelineOf(file.recipe).subject(file.recipe).slice(0, MOST_LETTERS);
  return { ref, recipe, limits, listed: { searchAttributes: deps.searchAttributes, dataset } };
}
