import type { Pipeline } from "../pipeline.ts";
import { olderResult } from "./older-result.ts";
import { tuningOf } from "../../training/common.ts";
import { dataFile, type Recipe } from "./recipe/index.ts";
import { singleRoundRecipe } from "./recipe/single-round.ts";
import { snowballRecipe } from "./recipe/snowball.ts";
import { checkTogether } from "./rules/index.ts";

const both = {
  rules: (recipe: Recipe) => checkTogether(recipe),
  opening: ({ loop, planner, training }: Recipe) => {
    const iterations = `${loop.num_iterations} iteration${loop.num_iterations === 1 ? "" : "s"}`;
    return `${iterations} · K ${planner.num_rollouts} · ${tuningOf(training)}`;
  },
  subject: dataFile,
  checkedBy: "checkSnowball",
  olderResult,
};

/** The iterative loop. */
export const snowball: Pipeline<typeof snowballRecipe> = { schema: snowballRecipe, ...both };

/** One round of it, whole or in halves. */
export const singleRound: Pipeline<typeof singleRoundRecipe> = { schema: singleRoundRecipe, ...both };
