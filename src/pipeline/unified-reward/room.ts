import { verifyChain } from "../../run/chain.ts";
import { howServed } from "../../measuring/recipe.ts";
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
  models(recipe) {
    const { init, dpo } = recipe;
    const named = (field: string, model: string): NamedModel => ({ who: field, field, model, ...howServed(recipe) });
    return [
      { ...named("init", init), trained: true },
      ...(dpo?.model === undefined
        ? []
        : [{ ...named("dpo.model", dpo.model), server: dpo.server ?? recipe.answering.server }]),
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
