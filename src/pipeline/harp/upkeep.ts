import { CHAIN_BROUGHT, CHAIN_MADE, chainNeeds } from "../../run/chain.ts";
import type { Upkeep } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** What was bought, and what is made of it: small, and the service's answers cost money. */
const BOUGHT = ["scenes", "scene-tasks", "scene-plans"];
const MADE = ["plan-data", "plan-rows", "negatives"];

export const upkeep: Upkeep = {
  remade: [...CHAIN_MADE, ...MADE],
  kept: [...CHAIN_BROUGHT, ...BOUGHT],
  needs: (pieces, run, complete) =>
    chainNeeds(pieces, run, complete, {
      stages: (run.recipe as Recipe).stages,
      anybodys: [...MADE, ...BOUGHT],
    }),
};
