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
  models: ({ policies, answering }): NamedModel[] =>
    policies.flatMap(({ name, model, adapter }) =>
      model === undefined
        ? []
        : [
            {
              who: `policies ${name}`,
              field: `policies ${name}.model`,
              backend: answering.backend,
              model,
              adapter,
              attention: answering.attn_implementation,
              server: answering.server,
            },
          ],
    ),
  devices: () => ({ field: "answering", count: 1 }),
  plan: (root: string, recipe: Recipe): Promise<Plan> => planEvaluation(root, recipe),
  checkData: checkBenchmarks,
  changes,
  verify: verifyAnswers,
  shrink: shrinkBenchmarks,
  upkeep,
  report: reportAnswers,
};
