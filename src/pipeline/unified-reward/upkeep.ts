import { CHAIN_BROUGHT, CHAIN_MADE, chainNeeds } from "../../run/chain.ts";
import type { Upkeep } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** What is made of sampled chains: small, and the way to find out what was learned from. */
const CHAINS = ["judge-chains", "choose-chains", "pair-chains", "wanting-items"];

export const upkeep: Upkeep = {
  remade: [...CHAIN_MADE, ...CHAINS],
  kept: CHAIN_BROUGHT,
  needs: (pieces, run, complete) =>
    chainNeeds(pieces, run, complete, {
      stages: (run.recipe as Recipe).stages,
      anybodys: CHAINS,
    }),
};
