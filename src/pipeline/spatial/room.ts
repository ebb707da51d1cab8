import { verifyChain } from "../../run/chain.ts";
import type { NamedModel, Room } from "../pipeline.ts";
import { changes } from "./changes.ts";
import { checkData } from "./check-data.ts";
import { planSpatial } from "./plan.ts";
import { type Recipe, stagesOf } from "./recipe.ts";
import { shrink } from "./shrink.ts";
import { upkeep } from "./upkeep.ts";
import { reportAnswers } from "../../measuring/report.ts";

/** What of this pipeline reads files. */
export const room: Room<Recipe> = {
  models: ({ init, answering }): NamedModel[] => [
    {
      who: "init",
      field: "init",
      trained: true,
      backend: answering.backend,
      model: init,
      attention: answering.attn_implementation,
    },
  ],
  devices(recipe) {
    const most = stagesOf(recipe).reduce((a, b) =>
      b.block.training.num_processes > a.block.training.num_processes ? b : a,
    );
    return { field: `${most.name}.training.num_processes`, count: most.block.training.num_processes };
  },
  plan: planSpatial,
  checkData,
  changes,
  verify: verifyChain,
  shrink,
  upkeep,
  report: reportAnswers,
};
