import { join } from "node:path";
import { loadExamples } from "../../dataset/sets/read.ts";
import { benchmarkLines, reckonAnswers } from "../../measuring/reckon.ts";
import { type Tensor, tensorsIfThere } from "../../model/weights.ts";
import { count, plural, size } from "../../numbers.ts";
import { setName } from "../../recipe/parts/mixture.ts";
import { algorithmOf } from "../../training/index.ts";
import { stageLines, type StagePlan, stagePlan, trainingBytes } from "../../training/reckon.ts";
import type { Plan } from "../pipeline.ts";
import { mixtureRows, READS } from "./mixture.ts";
import { type Recipe, stagesOf } from "./recipe.ts";

/**
 * Reckons what a run costs: rows and optimizer steps of every stage, answers of every policy.
 * @throws {StepFailure} BadInput when data is not usable as given
 */
export async function planSpatial(root: string, recipe: Recipe): Promise<Plan> {
  const chain = stagesOf(recipe).map(({ name, block: { training } }) => ({ name, training }));
  const tensors = await tensorsOfInit(root, recipe);
  const stages: StagePlan[] = [];
  for (const stage of chain) {
    const rows = await rowsOf(root, recipe, stage.name);
    stages.push(stagePlan(stage, rows, algorithmOf(stage.name).steps(rows, stage.training)));
  }
  const reckoned = await reckonAnswers(root, recipe, stages.length + 1);
  const disk = trainingBytes(tensors, chain) + reckoned.disk;
  return {
    disk,
    json: (free) => ({
      run: recipe.name,
      stages,
      benchmarks: reckoned.benchmarks,
      answers: reckoned.answers,
      disk,
      free,
    }),
    lines: (free) => [
      `${recipe.name}   ${plural(stages.length, "training")}, ${plural(reckoned.answers, "answer")}`,
      ...stageLines(stages),
      ...benchmarkLines(reckoned),
      `  disk        ${size(disk)}${free === null ? "" : `; ${size(free)} are free`}`,
      `  each        at most ${count(recipe.answering.max_new_tokens)} tokens an answer, read greedily`,
    ],
  };
}

/** Rows of a stage's mixture, should every one be usable. */
async function rowsOf(root: string, recipe: Recipe, stage: keyof typeof READS): Promise<number> {
  const block = recipe[stage]!;
  const sets = [];
  for (const set of block.data) {
    const { examples } = await loadExamples(root, { path: set.path, format: set.format }, READS[stage]);
    sets.push({ name: setName(set), available: Math.min(examples.length, set.limit ?? Infinity), weight: set.weight });
  }
  return mixtureRows(sets, block.rows);
}

async function tensorsOfInit(root: string, { init, answering }: Recipe): Promise<readonly Tensor[]> {
  return (answering.backend === "simulated" ? null : await tensorsIfThere(join(root, init))) ?? [];
}
