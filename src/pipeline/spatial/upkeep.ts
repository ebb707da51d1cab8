import { CHAIN_BROUGHT, CHAIN_MADE, chainNeeds } from "../../run/chain.ts";
import type { Upkeep } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

export const upkeep: Upkeep = {
  remade: CHAIN_MADE,
  kept: CHAIN_BROUGHT,
  needs: (pieces, run, complete) => chainNeeds(pieces, run, complete, { stages: (run.recipe as Recipe).stages }),
};
