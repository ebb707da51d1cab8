import { plural } from "../../contract/table.ts";
import { tuningOf } from "../../training/common.ts";
import type { Pipeline } from "../pipeline.ts";
import { spatialRecipe, stagesOf } from "./recipe.ts";
import { checkTogether } from "./rules.ts";

/** SFT, DPO and GRPO in a chain, measured on benchmarks of spatial reasoning. */
export const spatial: Pipeline<typeof spatialRecipe> = {
  schema: spatialRecipe,
  rules: checkTogether,
  checkedBy: "checkSpatial",
  opening: (recipe) => {
    const stages = stagesOf(recipe).map(({ name, block }) => `${name.toUpperCase()} ${tuningOf(block.training)}`);
    return `${stages.join(" → ")} · ${plural(recipe.benchmarks.length, "benchmark")}`;
  },
  subject: (recipe) =>
    stagesOf(recipe)
      .flatMap(({ block }) => block.data.map((each) => each.path))
      .join(", "),
};
