import type { Loading } from "../../src/contract/training.ts";
import type { Examples } from "../../src/dataset/sets/example.ts";
import type { SpatialOwn, SpatialPlan } from "../../src/pipeline/spatial/contract/plan.ts";
import { checkOf, READS } from "../../src/pipeline/spatial/mixture.ts";
import { type Recipe, stagesOf } from "../../src/pipeline/spatial/recipe.ts";
import { rowOf as rowIn } from "../../src/pipeline/spatial/rows.ts";
import { policyDigest } from "../../src/run/policy.ts";
import type { TrainRow } from "../../src/training/algorithm.ts";
import { hardlyMoves } from "../../src/training/hardly-moves.ts";
import { algorithmOf } from "../../src/training/index.ts";
import type { ActivityDeps } from "../deps.ts";
import { deepspeedFiles } from "../deepspeed.ts";
import { withFactoryYaml } from "../factory-yaml.ts";
import { askingOf } from "../items.ts";
import { keepRecipe, openedAs } from "../open.ts";
import { ownRewards } from "../own-rewards.ts";
import { findPolicy } from "../policy.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StepContext } from "../step.ts";
import { type HeldOut, heldOutPictures, importRows } from "../rows.ts";

/** The first step of a run: finds the checkpoint, reads every row, question and image, before any model is loaded. */
export async function openSpatial(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<SpatialPlan> {
  const recipe = openedAs(input, name, ["spatial"]);
  const { backend, dtype } = recipe.answering;
  const policy = await findPolicy(deps, {
    who: "init",
    field: "init",
    trained: true,
    backend,
    dtype,
    model: recipe.init,
  });
  const digest = policyDigest(policy);
  const deepspeed = await deepspeedFiles(
    deps.root,
    stagesOf(recipe).flatMap(({ block }) => block.training.deepspeed ?? []),
  );
  // Asked for here, too: before the stages that come first have paid for a refusal.
  await ownRewards(
    deps,
    stagesOf(recipe).flatMap(({ name, block }) => algorithmOf(name).ownJudges?.(block.training) ?? []),
  );
  const asking = await askingOf(deps, context, recipe);
  const heldOut = await heldOutPictures(deps, context, recipe.benchmarks, asking.benchmarks);
  const planned = await plannedStages(deps, context, recipe, heldOut);
  const kept = await keepRecipe(deps, { recipe, texts: {}, models: { init: digest }, ...(deepspeed && { deepspeed }) });
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
    warnings: stillWarnings(recipe, planned.stages),
    ...kept.listed,
    own: { ...planned, asking },
  };
}

/** Trainings that will hardly change the policy. */
function stillWarnings(recipe: Recipe, stages: SpatialOwn["stages"]): string[] {
  return stagesOf(recipe).flatMap(({ name, block }) => {
    const { rows } = stages.find((each) => each.name === name)!.job.data[0]!.ref;
    const still = hardlyMoves(block.training, algorithmOf(name).steps(rows, block.training));
    return still === null ? [] : [`${name}.training ${still}`];
  });
}

async function plannedStages(
  deps: ActivityDeps,
  context: StepContext,
  recipe: Recipe,
  heldOut: HeldOut,
): Promise<Pick<SpatialOwn, "stages" | "accounts">> {
  const { dtype, attn_implementation, min_pixels, max_pixels } = recipe.answering;
  const loading: Loading = { dtype, attn_implementation, min_pixels, max_pixels };
  const stages = [];
  const accounts = [];
  for (const { name, block } of stagesOf(recipe)) {
    const kind = READS[name];
    const wanted = { stage: name, kind, algorithm: name, block, seed: recipe.seed, check: checkOf(recipe, name) };
    const rowOf = (example: Examples[typeof kind]): TrainRow => rowIn(name, example);
    const { ref, account } = await importRows(deps, context, { ...wanted, rowOf, heldOut });
    const settings =
      name === "dpo"
        ? { ...block.training, sft_only: false }
        : await withFactoryYaml(deps.root, `${name}.training`, block.training);
    // Image names start at the worker's root.
    const common = { images: ".", loading, seed: recipe.seed };
    stages.push({
      name,
      job: { algorithm: name, data: [{ ref, sampledBy: null }], settings, ...common },
    });
    accounts.push(account);
  }
  return { stages, accounts };
}
