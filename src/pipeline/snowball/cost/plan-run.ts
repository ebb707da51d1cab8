import { join } from "node:path";
import { loadPairs } from "../../../dataset/load-pairs.ts";
import { inspectData } from "../inspect-data.ts";
import { adapterWeightsIn, tensorsIfThere, weightsIn } from "../../../model/weights.ts";
import { type Costs, costsOf } from "./costs.ts";
import type { ModelSize } from "./disk.ts";
import { givenPairsOf, type Recipe } from "../recipe/index.ts";

/**
 * Reckons what a recipe costs on the data and the models of this root.
 * @throws {StepFailure} BadInput when the data is not usable as given
 */
export async function planRun(root: string, recipe: Recipe): Promise<Costs> {
  const { shards, val, test, leftOut, hasAnswers } = await inspectData(root, recipe);
  const file = givenPairsOf(recipe);
  const givenPairs = file === undefined ? 0 : (await loadPairs(join(root, file), file)).pairs.length;
  const model = await modelSize(root, recipe);
  return costsOf(recipe, { shards, val, test, leftOut, hasAnswers, givenPairs }, model);
}

async function modelSize(root: string, { planner, training }: Recipe): Promise<ModelSize | null> {
  if (planner.backend === "simulated") return { weights: 0, adapterWeights: 0 };
  const tensors = await tensorsIfThere(join(root, planner.model));
  if (tensors === null) return null;
  return {
    weights: weightsIn(tensors),
    adapterWeights: adapterWeightsIn(tensors, training.lora_target, training.lora_rank),
  };
}
