import type { Changes, CheckedData, CheckOptions, NamedModel, Plan, Room } from "../pipeline.ts";
import { adopt } from "./adopt/index.ts";
import { compareRecipes } from "./change/comparison.ts";
import { keepBefore } from "./change/keep-before.ts";
import { changeTexts, redoneLines } from "./change/told.ts";
import { checkData, summaryLines } from "./check-data.ts";
import { planLines, planWarnings } from "./cost/lines.ts";
import { planRun } from "./cost/plan-run.ts";
import { drafts } from "./draft.ts";
import type { Recipe } from "./recipe/index.ts";
import { shrink } from "./shrink.ts";
import { pictures } from "./pictures.ts";
import { report } from "./report/index.ts";
import { upkeep } from "./upkeep/index.ts";
import { verifyIterations } from "./upkeep/verify.ts";

/** What of the loop reads files, for recipes of several iterations and of one. */
export const room: Room<Recipe> = {
  models({ planner, critic, evaluator, executor }): NamedModel[] {
    const { backend, model } = executor;
    return [
      ...Object.entries({ planner, critic, evaluator }).map(([who, each]) => {
        const trained = who === "planner";
        return {
          who,
          field: `${who}.model`,
          trained,
          backend: each.backend,
          model: each.model,
          attention: each.attn_implementation,
          server: each.server,
        };
      }),
      ...(model === undefined ? [] : [{ who: "executor", field: "executor.model", backend, model }]),
    ];
  },

  devices: ({ training }) => ({ field: "training.num_processes", count: training.num_processes }),

  async plan(root, recipe): Promise<Plan> {
    const costs = await planRun(root, recipe);
    return {
      lines: (free) => planLines(costs, free),
      json: (free) => ({ ...costs, warnings: planWarnings(costs, free), free }),
      disk: costs.disk.total,
    };
  },

  async checkData(root: string, recipe: Recipe, options: CheckOptions): Promise<CheckedData> {
    const summary = await checkData(root, recipe, options);
    return { lines: summaryLines(summary), json: summary };
  },

  changes(before, after): Changes {
    const changed = compareRecipes(before, after);
    return {
      fields: changeTexts(changed),
      determines: changed.some(({ effect }) => effect !== null),
      redone: redoneLines(changed),
    };
  },

  keepBefore,
  verify: verifyIterations,
  shrink,
  upkeep,
  pictures,
  report,
  adopt,
  drafts,
};
