import { basename, dirname, extname, join } from "node:path";
import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import { changesOf, recipeAt } from "../../src/pipeline/snowball/at-iteration.ts";
import type { SnowballOwn, SnowballPlan, TrainingJob } from "../../src/pipeline/snowball/contract/plan.ts";
import { recipeWarnings } from "../../src/pipeline/snowball/cost/iterations.ts";
import type { RecipeFile, Shards } from "../../src/pipeline/snowball/files.ts";
import { dataFile, givenPairsOf, type Recipe } from "../../src/pipeline/snowball/recipe/index.ts";
import { policyDigest } from "../../src/run/policy.ts";
import { deepspeedFiles } from "../deepspeed.ts";
import type { ActivityDeps } from "../deps.ts";
import { keepRecipe, openedAs } from "../open.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StepContext } from "../step.ts";
import { importData, modelDigests, promptTexts } from "./data.ts";
import { importPairs, readOwnPairs } from "./given-pairs.ts";
import { referenceArms } from "./reference.ts";

/** The name under which people look for the preference data of a single round, in its run folder. */
export const TRAIN_FILE = "dpo_train.json";

/** Folder below `results` for a pipeline's runs, as people know them. */
const FOLDERS: Readonly<Record<Recipe["pipeline"], string>> = {
  snowball: "iterative_dpo",
  "single-round": "dpo_data",
};

/**
 * The first step of every run of the loop: reads the recipe, the prompts, the data and every image, splits the questions
 * and refuses what is not usable, before any model is loaded.
 */
export async function openSnowball(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<SnowballPlan> {
  const recipe = openedAs(input, name, ["snowball", "single-round"]);
  const trainings = [recipe, ...changesOf(recipe)].flatMap(({ training }) => training?.deepspeed ?? []);
  const deepspeed = await deepspeedFiles(deps.root, trainings);
  const file: RecipeFile = {
    recipe,
    texts: await promptTexts(deps, recipe),
    models: await modelDigests(deps, recipe),
    ...(deepspeed && { deepspeed }),
  };
  const { dataset, shards, hasAnswers, heldOut } = await importData(deps, context, recipe);
  const pairsFile = givenPairsOf(recipe);
  const own = pairsFile === undefined ? undefined : await readOwnPairs(deps, context, recipe, pairsFile);
  const givenPairs = own && (await importPairs(deps, own, heldOut));
  const kept = await keepRecipe(deps, file);
  const folder = await openRunFolder(deps, name, {
    kind: FOLDERS[recipe.pipeline],
    data: dataName(recipe),
    digest: kept.ref.sha256,
    files: { "config.json": kept.recipe, "shards.json": shards },
  });
  const base: PolicyRef = {
    base: { folder: recipe.planner.model, digest: file.models.planner },
    dtype: recipe.planner.dtype,
  };
  return {
    run: { name, recipe: kept.ref },
    policy: base,
    digest: policyDigest(base),
    limits: kept.limits,
    folder,
    warnings: recipeWarnings(recipe, shards.shards.flat().length, givenPairs ? givenPairs.summary.pairs : 0),
    ...kept.listed,
    own: {
      ...ownOf(recipe, dataset, shards, hasAnswers),
      ...(recipe.pipeline === "single-round" && singleRound(recipe, folder)),
      ...(givenPairs && { givenPairs }),
    },
  };
}

function ownOf(recipe: Recipe, dataset: ArtifactRef, { shards, held_out }: Shards, hasAnswers: boolean): SnowballOwn {
  const { loop, chunk, planner, evaluation } = recipe;
  const heldOut = { test: held_out.test.length, val: held_out.val.length };
  return {
    dataset,
    // A round that starts from pairs has no questions, but is a round.
    shards: shards.length > 0 ? shards.map((ids) => ids.length) : [0],
    heldOut,
    evaluates: hasAnswers && heldOut.test > 0,
    resamples: evaluation.bootstrap_resamples,
    chunk: { questions: chunk.questions, window: chunk.window },
    schedule: loop.schedule,
    numRollouts: planner.num_rollouts,
    policies: planner.policies,
    referenceViews: referenceArms(recipe).length,
    // A person can decide by other means than our numbers.
    gate: heldOut.val > 0 || loop.gate === "ask" ? loop.gate : "off",
    onNoPairs: loop.on_no_pairs,
    rolloutsFrom: loop.controls.rollouts_from,
    accumulate: loop.controls.accumulate,
    trainings: trainingsOf(recipe),
  };
}

function singleRound(recipe: Extract<Recipe, { pipeline: "single-round" }>, folder: string): Partial<SnowballOwn> {
  return { stopAfterPairs: recipe.round.stop_after === "pairs", preferenceData: join(folder, TRAIN_FILE) };
}

/** How each iteration trains, from its first on. */
function trainingsOf(recipe: Recipe): SnowballOwn["trainings"] {
  const starts = new Set([0, ...changesOf(recipe).map((each) => each.from_iteration)]);
  return [...starts].map((from) => ({ from, job: trainingJob(recipeAt(recipe, from)) }));
}

function trainingJob({ planner, training, loop, data, seed }: Recipe): TrainingJob {
  const { dtype, attn_implementation, min_pixels, max_pixels } = planner;
  return {
    algorithm: "dpo",
    images: data.image_root,
    loading: { dtype, attn_implementation, min_pixels, max_pixels },
    settings: { ...training, sft_only: loop.controls.sft_only },
    seed,
  };
}

/** What a run's folder is called after. */
function dataName(recipe: Recipe): string {
  const path = dataFile(recipe);
  const file = basename(path, extname(path));
  // "questions.jsonl" says nothing; its folder names the data set then.
  const parent = basename(dirname(path));
  return file === "questions" && parent !== "data" && parent !== "." ? parent : file;
}
