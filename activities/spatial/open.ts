import type { Account } from "../../src/contract/account.ts";
import type { Asking } from "../../src/contract/benchmark.ts";
import type { PlannedStage, SpatialPlan } from "../../src/pipeline/spatial/contract/plan.ts";
import { type Recipe, stagesOf } from "../../src/pipeline/spatial/recipe.ts";
import { policyDigest } from "../../src/run/policy.ts";
import { optimizerSteps, tuningOf } from "../../src/training/common.ts";
import { algorithmOf } from "../../src/training/index.ts";
import type { ActivityDeps } from "../deps.ts";
import { askingOf } from "../items.ts";
import { keepRecipe, openedAs } from "../open.ts";
import { findPolicy } from "../policy.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StepContext } from "../step.ts";
import { heldOutPictures, importRows } from "./rows.ts";

/** The first step of a run: finds the checkpoint, reads every row, question and image, before any model is loaded. */
export async function openSpatial(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<SpatialPlan> {
  const recipe = openedAs(input, name, ["spatial"]);
  const { backend, dtype, ...how } = recipe.answering;
  const policy = await findPolicy(deps, { who: "init", backend, dtype, model: recipe.init });
  const digest = policyDigest(policy);
  const asking = await askingOf(deps, context, recipe);
  const { stages, accounts } = await plannedStages(deps, context, recipe, asking);
  const kept = await keepRecipe(deps, { recipe, texts: {}, models: { init: digest } });
  const folder = await openRunFolder(deps, name, {
    kind: "spatial",
    data: recipe.stages.join("-"),
    digest: kept.ref.sha256,
    files: { "config.json": kept.recipe },
  });
  return {
    run: { name, recipe: kept.ref },
    policy,
    digest,
    limits: kept.limits,
    folder,
    warnings: stages.flatMap((stage) => hardlyMoves(recipe, stage)),
    searchAttributes: deps.searchAttributes,
    own: { stages: stages.map((stage) => ({ ...stage, job: { ...stage.job, loading: loadingOf(dtype, how) } })), asking, accounts },
  };
}
