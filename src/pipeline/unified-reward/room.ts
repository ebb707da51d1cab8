import { verifyChain } from "../../run/chain.ts";
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
    const served = (field: string, model: string): NamedModel => ({ who: field, field, backend, model, attention });
    return [
      { ...served("init", init), trained: true },
      ...(dpo?.model === undefined ? [] : [served("dpo.model", dpo.model)]),
    ];
  },
  devices(recipe) {
    const most = stagesOf(recipe).reduce((a, b) => (b.training.num_processes > a.training.num_processes ? b : a));
    return { field: `${most.name}.training.num_processes`, count: most.training.num_processes };
  },
  plan: planUnifiedReward,
  checkData,
  changes,
  verify: verifyChain,
  upkeep,
  shrink,
};
