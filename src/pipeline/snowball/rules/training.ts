import { dpo } from "../../../training/dpo.ts";
import { settingsProblems } from "../../../training/rules.ts";
import { rankProblems } from "../../../recipe/parts/vllm.ts";
import type { Rule } from "./rule.ts";

/** How a policy is made from pairs. */
export const TRAINING_RULES: readonly Rule[] = [
  ({ training }) => settingsProblems({ ...training, sft_only: false }, ["training"], dpo.rules),
  ({ planner, training }) => planner.policies === "adapter" && rankProblems(planner, "planner", training),
  ({ planner }) =>
    planner.policies === "merged" &&
    planner.backend === "openai" && {
      path: ["planner", "policies"],
      message: `planner.policies is merged, but planner.backend is openai, whose server is given adapters; adapter is needed.`,
    },
  ({ planner, training }) =>
    (planner.backend === "simulated") !== (training.backend === "simulated") && {
      path: ["training", "backend"],
      message: `training.backend is ${training.backend} while planner.backend is ${planner.backend}; a simulated planner and simulated training are needed together.`,
    },
];
