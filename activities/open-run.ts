import { join } from "node:path";
import { writeJson } from "../src/artifact/files.ts";
import { makeArtifact } from "../src/artifact/make.ts";
import type { ArtifactRef, PolicyRef } from "../src/contract/artifact.ts";
import type { RunPlan } from "../src/contract/run.ts";
import { StepFailure } from "../src/failure.ts";
import { parseRecipeObject } from "../src/recipe/parse.ts";
import { chunkSizes, recipeWarnings } from "../src/recipe/plan.ts";
import { givenPairsOf, type Recipe } from "../src/recipe/pipelines/index.ts";
import { heldOutIds, type RecipeFile, type Shards } from "../src/run/files.ts";
import { policyDigest } from "../src/run/policy.ts";
import { importData, modelDigests, promptTexts } from "./data.ts";
import { deepspeedFiles } from "./deepspeed.ts";
import type { ActivityDeps } from "./deps.ts";
import { importPairs, readOwnPairs } from "./given-pairs.ts";
import { referenceArms } from "./reference.ts";
import { openRunFolder, TRAIN_FILE } from "./run-folder.ts";
import type { StepContext } from "./step.ts";

/** Raise when the meaning of recipe.json changes. */
const RESULT_VERSION = 1;

/**
 * The first step of every run: reads the recipe, the prompts, the data and every image, splits the questions and
 * refuses what is not usable, before any model is loaded.
 */
export async function openRun(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<RunPlan> {
  const recipe = parseRecipeObject(input);
  if (recipe.name !== name) {
    throw new StepFailure(
      "BadInput",
      `The recipe's name is "${recipe.name}", but the run was started as "${name}"; they must be equal.`,
    );
  }
  const deepspeed = await deepspeedFiles(deps.root, recipe);
  const recipeFile: RecipeFile = {
    recipe,
    texts: await promptTexts(deps, recipe),
    models: await modelDigests(deps, recipe),
    ...(deepspeed && { deepspeed }),
  };
  const pairsFile = givenPairsOf(recipe);
  const own = pairsFile === undefined ? undefined : await readOwnPairs(deps, context, recipe, pairsFile);
  const shown = new Map([...(own?.images ?? [])].map(([name, { bytes }]) => [name, bytes]));
  const { dataset, shards, hasAnswers, heldOut } = await importData(deps, context, recipe, shown);
  const givenPairs = own && (await importPairs(deps, own, heldOut));
  const evaluates = hasAnswers && shards.held_out.test.length > 0;

  // How fast a device is determines nothing; a run must not move to another folder when it was measured again.
  const { $schema: _, rates: __, ...whole } = recipe;
  const recipeOf = { step: "recipe", version: RESULT_VERSION, params: { ...recipeFile, recipe: whole }, inputs: [] };
  const { ref } = await makeArtifact(deps.store, recipeOf, async (folder) => {
    await writeJson(join(folder, "recipe.json"), { ...recipeFile, recipe: whole });
    return { rows: 1 };
  });
  const folder = await openRunFolder(deps, name, { recipe: whole, shards, digest: ref.sha256 });
  const warnings = recipeWarnings(recipe, shards.shards.flat().length, givenPairs ? givenPairs.summary.pairs : 0);
  return {
    ...planOf(deps, { recipe, recipeFile, recipeRef: ref, dataset, shards, evaluates, folder, warnings }),
    ...(recipe.pipeline === "single-round" && {
      stopAfterPairs: recipe.round.stop_after === "pairs",
      preferenceData: join(folder, TRAIN_FILE),
    }),
    ...(givenPairs && { givenPairs }),
  };
}

interface Opened {
  readonly recipe: Recipe;
  readonly recipeFile: RecipeFile;
  readonly recipeRef: ArtifactRef;
  readonly dataset: ArtifactRef;
  readonly shards: Shards;
  readonly evaluates: boolean;
  readonly folder: string;
  readonly warnings: readonly string[];
}

function planOf(deps: ActivityDeps, opened: Opened): RunPlan {
  const { recipe, recipeFile, shards, evaluates } = opened;
  const { loop, chunk, retries } = recipe;
  const base: PolicyRef = { base: recipeFile.models.planner, dtype: recipe.planner.dtype };
  const heldOut = chunkSizes(heldOutIds(shards.held_out).length, chunk.questions);
  return {
    run: { name: recipe.name, recipe: opened.recipeRef, dataset: opened.dataset },
    base,
    baseDigest: policyDigest(base),
    iterations: loop.num_iterations,
    shards: shards.shards.map((ids) => chunkSizes(ids.length, chunk.questions)),
    heldOut: evaluates ? heldOut : [],
    testChunks: Math.ceil(shards.held_out.test.length / chunk.questions),
    numRollouts: recipe.planner.num_rollouts,
    referenceViews: referenceArms(recipe).length,
    window: chunk.window,
    schedule: loop.schedule,
    // A person can decide by other means than our numbers.
    gate: shards.held_out.val.length > 0 || loop.gate === "ask" ? loop.gate : "off",
    onNoPairs: loop.on_no_pairs,
    rolloutsFrom: loop.controls.rollouts_from,
    accumulate: loop.controls.accumulate,
    retries: {
      maxAttempts: retries.max_attempts,
      initialIntervalSeconds: retries.initial_interval_s,
      heartbeatSeconds: retries.heartbeat_timeout_s,
      chunkSeconds: retries.chunk_timeout_s,
      trainSeconds: retries.train_timeout_s,
    },
    searchAttributes: deps.searchAttributes,
    folder: opened.folder,
    warnings: opened.warnings,
  };
}
