import type { Pipeline } from "../pipeline.ts";
import { selectorRecipe, stagesOf } from "./recipe.ts";
import { checkTogether } from "./rules.ts";

/** A pointer network that chooses in-context examples: beams, SFT, RCE, GRPO, VQA accuracy. */
export const pointerSelector: Pipeline<typeof selectorRecipe> = {
  schema: selectorRecipe,
  rules: checkTogether,
  opening: (recipe) => {
    const { beams } = recipe;
    const trained = stagesOf(recipe).map((name) => name.toUpperCase());
    return `beams ${beams.size} × ${beams.shots} of ${beams.candidates} · ${trained.join(" → ")}`;
  },
  subject: ({ examples }) => examples.queries.path,
};
