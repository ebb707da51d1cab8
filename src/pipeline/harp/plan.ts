import { plural, size } from "../../numbers.ts";
import { algorithmOf } from "../../training/index.ts";
import { stageLines, stagePlan } from "../../training/reckon.ts";
import type { Plan } from "../pipeline.ts";
import { sceneImages } from "./images.ts";
import { type Recipe, stagesOf } from "./recipe.ts";
import { splitSizes } from "./split.ts";

/** Bytes of a plan with its task: in its scene's artifact, in the index, in the data, in rows and items. */
const PLAN = 5 * 1000;

/**
 * Reckons what a run costs, should every scene bring all its tasks. Of the models' sizes nothing is said here.
 * @throws {StepFailure} BadInput where there are no scenes
 */
export async function planHarp(root: string, recipe: Recipe): Promise<Plan> {
  const scenes = (await sceneImages(root, recipe)).length;
  const parts = splitSizes(scenes);
  const { tasks_per_image: each } = recipe.plans;
  const samples = parts.train * each * recipe.negatives.samples;
  const rows = parts.train * each;
  const stages = stagesOf(recipe).map((stage) =>
    stagePlan(stage, rows, algorithmOf(stage.name).steps(rows, stage.training)),
  );
  const requests = 2 * scenes;
  const disk = scenes * each * PLAN + samples * PLAN;
  return {
    disk,
    json: (free) => ({ run: recipe.name, scenes, requests, split: parts, samples, stages, disk, free }),
    lines: (free) => [
      `${recipe.name}   ${plural(scenes, "scene")}, at most ${plural(requests, "request")}`,
      `  split       ${parts.train} to train on, ${parts.val} for validation, ${parts.test} for the test`,
      ...stageLines(stages),
      `  negatives   of ${plural(samples, "sample")}`,
      `  disk        ${size(disk)} and the models${free === null ? "" : `; ${size(free)} are free`}`,
    ],
  };
}
