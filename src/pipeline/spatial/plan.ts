import { join } from "node:path";
import { isMissing } from "../../artifact/disk.ts";
import { alignedLines } from "../../contract/table.ts";
import { loadExamples } from "../../dataset/sets/read.ts";
import { benchmarkLines, reckonAnswers } from "../../measuring/reckon.ts";
import { adapterWeightsIn, type Tensor, tensorsOf, weightsIn } from "../../model/weights.ts";
import { count, plural, size } from "../../numbers.ts";
import { tuningOf } from "../../training/common.ts";
import { algorithmOf } from "../../training/index.ts";
import type { Plan } from "../pipeline.ts";
import { mixtureRows, READS } from "./mixture.ts";
import { setName } from "../../recipe/parts/mixture.ts";
import { type Recipe, stagesOf } from "./recipe.ts";

/** Bytes of a weight: adapters are trained, and merges at worst saved, in float32. */
const FLOAT32 = 4;
/** Bytes a trained weight takes in a checkpoint: itself and Adam's two moments; three checkpoints at once. */
const TRAINED = 12 * 3;

interface StagePlan {
  readonly stage: string;
  readonly rows: number;
  readonly optimizer_steps: number;
  readonly tuning: string;
  readonly learning_rate: number;
}

/**
 * Reckons what a run costs: rows and optimizer steps of every stage, answers of every policy.
 * @throws {StepFailure} BadInput when data is not usable as given
 */
export async function planSpatial(root: string, recipe: Recipe): Promise<Plan> {
  const stages: StagePlan[] = [];
  let models = 0;
  let checkpoints = 0;
  const tensors = await tensorsOfInit(root, recipe);
  for (const { name, block } of stagesOf(recipe)) {
    const { training } = block;
    const rows = await rowsOf(root, recipe, name);
    stages.push({
      stage: name,
      rows,
      optimizer_steps: algorithmOf(name).steps(rows, training),
      tuning: tuningOf(training),
      learning_rate: training.tuning === "full" ? training.language_lr : training.learning_rate,
    });
    const whole = weightsIn(tensors);
    const trained =
      training.tuning === "full" ? whole : adapterWeightsIn(tensors, training.lora_target, training.lora_rank);
    models += (training.tuning === "full" ? whole : whole + trained) * FLOAT32;
    checkpoints = Math.max(checkpoints, trained * TRAINED);
  }
  const reckoned = await reckonAnswers(root, recipe, stages.length + 1);
  const disk = models + checkpoints + reckoned.disk;
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
      ...alignedLines(
        stages.map((each) => [
          `  ${each.stage}`,
          plural(each.rows, "row"),
          plural(each.optimizer_steps, "optimizer step"),
          each.tuning,
          `learning rate ${each.learning_rate}`,
        ]),
      ),
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

async function tensorsOfInit(root: string, { init, answering }: Recipe): Promise<Tensor[]> {
  if (answering.backend === "simulated") return [];
  try {
    return await tensorsOf(join(root, init));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
