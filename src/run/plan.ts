import { statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isMissing } from "../artifact/durable.ts";
import { inspectData } from "../dataset/inspect.ts";
import { loadPairs } from "../dataset/load-pairs.ts";
import { adapterWeightsIn, type Tensor, tensorsOf, weightsIn } from "../model/weights.ts";
import { type Costs, costsOf } from "../plan/costs.ts";
import type { ModelSize } from "../plan/disk.ts";
import { givenPairsOf, type Recipe } from "../recipe/pipelines/index.ts";

export interface PlannedRun {
  readonly costs: Costs;
  /** Bytes that are free where the store lies. */
  readonly free: number;
}

/**
 * Reckons what a recipe costs on the data and the models of this root, and looks at the disk.
 * @throws {StepFailure} BadInput when the data is not usable as given
 */
export async function planRun(root: string, recipe: Recipe): Promise<PlannedRun> {
  const { shards, val, test, leftOut, hasAnswers } = await inspectData(root, recipe);
  const file = givenPairsOf(recipe);
  const givenPairs = file === undefined ? 0 : (await loadPairs(join(root, file), file)).pairs.length;
  const model = await modelSize(root, recipe);
  return {
    costs: costsOf(recipe, { shards, val, test, leftOut, hasAnswers, givenPairs }, model),
    free: await freeBytes(root),
  };
}

async function modelSize(root: string, { planner, training }: Recipe): Promise<ModelSize | null> {
  if (planner.backend === "simulated") return { weights: 0, adapterWeights: 0 };
  let tensors: Tensor[];
  try {
    tensors = await tensorsOf(join(root, planner.model));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  return {
    weights: weightsIn(tensors),
    adapterWeights: adapterWeightsIn(tensors, training.lora_target, training.lora_rank),
  };
}

/** Bytes that this user may still write where a folder is, or will be. */
export async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (isMissing(error) && dirname(folder) !== folder) return freeBytes(dirname(folder));
    throw error;
  }
}
