import type { Reward } from "../reward.ts";
import { creditsOf } from "./credit.ts";
import { judgePlan } from "./judge.ts";
import { wantedOf } from "./truth.ts";

/** How good an embodied plan is, step by step; whose merit that is, action by action. */
export const plan: Reward = {
  version: 4,
  problem: ({ truth }) => {
    const wanted = wantedOf(truth);
    return "problem" in wanted ? wanted.problem : null;
  },
  score: ({ truth }, text) => {
    const wanted = wantedOf(truth);
    if ("problem" in wanted) throw new Error(`A row that is judged ${wanted.problem}.`);
    const judged = judgePlan(text, wanted);
    return { reward: judged.reward, parts: { ...judged.parts }, credits: creditsOf(text, judged, wanted) };
  },
};
