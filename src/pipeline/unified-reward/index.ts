import { plural } from "../../contract/table.ts";
import { tuningOf } from "../../training/common.ts";
import type { Pipeline } from "../pipeline.ts";
import { stagesOf, unifiedRewardRecipe } from "./recipe.ts";
import { checkTogether } from "./rules.ts";

/** A reward model that thinks: cold start, rejection sampling and DPO in a chain, measured on held-out pairs. */
export const unifiedReward: Pipeline<typeof unifiedRewardRecipe> = {
  schema: unifiedRewardRecipe,
  rules: checkTogether,
  opening: (recipe) => {
    const stages = stagesOf(recipe).map(({ name, training }) => `${name.replace("_", " ")} ${tuningOf(training)}`);
    return `${stages.join(" → ")} · ${plural(recipe.benchmarks.length, "benchmark")}`;
  },
  subject: ({ cold_start, sampling }) =>
    [...(cold_start?.data ?? []), ...(sampling?.data ?? [])].map((each) => each.path).join(", "),
};
