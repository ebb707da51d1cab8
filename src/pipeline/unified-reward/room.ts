import { verifyChain } from "../../run/chain.ts";
import { widest } from "../../training/reckon.ts";
import type { NamedModel, Room } from "../pipeline.ts";
import { changes } from "./changes.ts";
import { checkData } from "./check-data.ts";
import { planUnifiedReward } from "./plan.ts";
import { type Recipe, stagesOf } from "./recipe.ts";
import { shrink } from "./shrink.ts";
import { upkeep } from "./upkeep.ts";

/** What of this pipeline reads files. */
export const room: Room<Recipe> = {
  models({ init, dpo, answering }) {
    const { backend, attn_implementation: attention } = answering;
    const served = (field: string, model: string, server = answering.server): NamedModel => ({
      who: field,
      field,
      backend,
      model,
      attention,
      server,
    });
    return [
      { ...served("init", init), trained: true },
      ...(dpo?.model === undefined ? [] : [served("dpo.model", dpo.model, dpo.server)]),
    ];
  },
  devices: (recipe) => widest(stagesOf(recipe)),
  plan: planUnifiedReward,
  checkData,
  changes,
  verify: verifyChain,
  upkeep,
  shrink,
};
