import { reportAnswers } from "../../measuring/report.ts";
import { verifyChain } from "../../run/chain.ts";
import { howServed } from "../../measuring/recipe.ts";
import { widest } from "../../training/reckon.ts";
import { usesVllm } from "../../training/vllm.ts";
import type { NamedModel, Room } from "../pipeline.ts";
import { changes } from "./changes.ts";
import { checkData } from "./check-data.ts";
import { planSpatial } from "./plan.ts";
import { type Recipe, stagesOf } from "./recipe.ts";
import { shrink } from "./shrink.ts";
import { upkeep } from "./upkeep.ts";

/** What of this pipeline reads files. */
export const room: Room<Recipe> = {
  models: (recipe): NamedModel[] => {
    const drawnByVllm = stagesOf(recipe).some(({ block }) => usesVllm(block.training));
    return [{ who: "init", field: "init", model: recipe.init, trained: true, drawnByVllm, ...howServed(recipe) }];
  },
  devices: (recipe) => widest(stagesOf(recipe).map(({ name, block: { training } }) => ({ name, training }))),
  plan: planSpatial,
  checkData,
  changes,
  verify: verifyChain,
  shrink,
  upkeep,
  report: reportAnswers,
};
