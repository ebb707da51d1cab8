import { howServed } from "../../measuring/recipe.ts";
import { shrinkBenchmarks } from "../../measuring/shrink.ts";
import type { NamedModel, Plan, Room } from "../pipeline.ts";
import { changes } from "./changes.ts";
import { checkBenchmarks } from "../../measuring/check-data.ts";
import { planEvaluation } from "./plan.ts";
import type { Recipe } from "./recipe.ts";
import { upkeep } from "./upkeep.ts";
import { reportAnswers } from "../../measuring/report.ts";
import { verifyAnswers } from "../../measuring/verify.ts";

/** What of an evaluation reads files. */
export const room: Room<Recipe> = {
  models: (recipe): NamedModel[] =>
    recipe.policies.flatMap(({ name, model, adapter }) => {
      if (model === undefined) return [];
      const who = `policies ${name}`;
      return [{ who, field: `${who}.model`, model, adapter, ...howServed(recipe) }];
    }),
  devices: () => ({ field: "answering", count: 1 }),
  plan: (root: string, recipe: Recipe): Promise<Plan> => planEvaluation(root, recipe),
  checkData: checkBenchmarks,
  changes,
  verify: verifyAnswers,
  shrink: shrinkBenchmarks,
  upkeep,
  report: reportAnswers,
};
