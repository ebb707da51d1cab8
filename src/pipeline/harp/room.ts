import { verifyChain } from "../../run/chain.ts";
import { howServed } from "../../measuring/recipe.ts";
import { widest } from "../../training/reckon.ts";
import { usesVllm } from "../../training/vllm.ts";
import type { NamedModel, Room } from "../pipeline.ts";
import { changes } from "./changes.ts";
import { checkData } from "./check-data.ts";
import { planHarp } from "./plan.ts";
import { BENCHMARKS, type Recipe, stagesOf } from "./recipe.ts";
import { shrink } from "./shrink.ts";
import { upkeep } from "./upkeep.ts";

/** What of this pipeline reads files. */
export const room: Room<Recipe> = {
  models: (recipe): NamedModel[] => {
    const drawnByVllm = stagesOf(recipe).some(({ training }) => usesVllm(training));
    return [{ who: "init", field: "init", model: recipe.init, trained: true, drawnByVllm, ...howServed(recipe) }];
  },
  devices: (recipe) => widest(stagesOf(recipe)),
  plan: planHarp,
  checkData,
  changes,
  verify: (store, folder) => verifyChain(store, folder, BENCHMARKS),
  upkeep,
  shrink,
};
