import { verifyChain } from "../../run/chain.ts";
import { widest } from "../../training/reckon.ts";
import type { NamedModel, Room } from "../pipeline.ts";
import { changes } from "./changes.ts";
import { checkData } from "./check-data.ts";
import { planHarp } from "./plan.ts";
import { BENCHMARKS, type Recipe, stagesOf } from "./recipe.ts";
import { shrink } from "./shrink.ts";
import { upkeep } from "./upkeep.ts";

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
      server: answering.server,
    },
  ],
  devices: (recipe) => widest(stagesOf(recipe)),
  plan: planHarp,
  checkData,
  changes,
  verify: (store, folder) => verifyChain(store, folder, BENCHMARKS),
  upkeep,
  shrink,
};
