import { tuningOf } from "../../training/common.ts";
import type { Pipeline } from "../pipeline.ts";
import { harpRecipe, stagesOf } from "./recipe.ts";
import { checkTogether } from "./rules.ts";

/** Embodied plans from pictures of scenes: SFT, typed negatives, GRPO with a process reward. */
export const harp: Pipeline<typeof harpRecipe> = {
  schema: harpRecipe,
  rules: checkTogether,
  opening: (recipe) =>
    ["plans", ...stagesOf(recipe).map(({ name, training }) => `${name.toUpperCase()} ${tuningOf(training)}`)].join(
      " → ",
    ),
  subject: ({ scenes }) => scenes.path,
};
