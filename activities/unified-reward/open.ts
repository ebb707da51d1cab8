import type { PolicyRef } from "../../src/contract/artifact.ts";
import type { Account } from "../../src/contract/account.ts";
import type { Loading, TrainData } from "../../src/contract/training.ts";
import { chainProblem } from "../../src/pipeline/unified-reward/check-data.ts";
import type {
  Choosing,
  Pairing,
  PlannedSampling,
  PlannedStage,
  UnifiedRewardPlan,
} from "../../src/pipeline/unified-reward/contract/plan.ts";
import { type Recipe, stagesOf } from "../../src/pipeline/unified-reward/recipe.ts";
import { demonstrationRow } from "../../src/pipeline/unified-reward/rows.ts";
import { policyDigest } from "../../src/run/policy.ts";
import type { ActivityDeps } from "../deps.ts";
import { deepspeedFiles } from "../deepspeed.ts";
import { withFactoryYaml } from "../factory-yaml.ts";
import { askingOf } from "../items.ts";
import { keepRecipe, openedAs } from "../open.ts";
import { findPolicy } from "../policy.ts";
import { type HeldOut, heldOutPictures, importRows } from "../rows.ts";
import { openRunFolder } from "../run-folder.ts";
import type { StepContext } from "../step.ts";
import { importPairs } from "./pairs.ts";

/** The first step of a run: finds the checkpoints, reads every chain, pair and image, before any model is loaded. */
export async function openUnifiedReward(
  deps: ActivityDeps,
  context: StepContext,
  input: unknown,
  name: string,
): Promise<UnifiedRewardPlan> {
  const recipe = openedAs(input, name, ["unified-reward"]);
  const { init: model } = recipe;
  const { backend, dtype } = recipe.answering;
  const policy = await findPolicy(deps, { who: "init", field: "init", trained: true, backend, dtype, model });
  const digest = policyDigest(policy);
  const pairing = await pairingOf(deps, recipe);
  const named = stagesOf(recipe).flatMap(({ training }) => training.deepspeed ?? []);
  const deepspeed = await deepspeedFiles(deps.root, named);
  const asking = await askingOf(deps, context, recipe);
  const heldOut = await heldOutPictures(deps, context, recipe.benchmarks, asking.benchmarks);
  const { stages, ...brought } = await plannedStages(deps, context, recipe, heldOut);
  const models = { init: digest, ...(pairing?.model && { "dpo.model": policyDigest(pairing.model) }) };
  const kept = await keepRecipe(deps, { recipe, texts: {}, models, ...(deepspeed && { deepspeed }) });
  const folder = await openRunFolder(deps, name, {
    kind: "unified_reward",
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
    warnings: [],
    ...kept.listed,
    own: { stages, ...brought, choosing: choosingOf(recipe), pairing, asking },
  };
}

interface Brought {
  readonly stages: readonly PlannedStage[];
  readonly sampling: PlannedSampling | null;
  readonly accounts: readonly Account[];
}

async function plannedStages(
  deps: ActivityDeps,
  context: StepContext,
  recipe: Recipe,
  heldOut: HeldOut,
): Promise<Brought> {
  const { dtype, attn_implementation, min_pixels, max_pixels } = recipe.answering;
  const loading: Loading = { dtype, attn_implementation, min_pixels, max_pixels };
  const stages: PlannedStage[] = [];
  const accounts: Account[] = [];
  let sampling: PlannedSampling | null = null;
  for (const { name, training } of stagesOf(recipe)) {
    const data: TrainData[] = [];
    if (name === "cold_start") {
      const { ref, account } = await importRows(deps, context, {
        stage: name,
        kind: "demonstration",
        algorithm: "sft",
        block: recipe.cold_start!,
        seed: recipe.seed,
        check: chainProblem,
        rowOf: demonstrationRow,
        heldOut,
      });
      data.push({ ref, sampledBy: null });
      accounts.push(account);
    } else if (sampling === null) {
      const { ref, account } = await importPairs(deps, context, recipe, heldOut);
      sampling = samplingOf(recipe, ref);
      accounts.push(account);
    }
    const algorithm = name === "dpo" ? "dpo" : "sft";
    const settings =
      name === "dpo"
        ? { ...training, sft_only: false }
        : await withFactoryYaml(deps.root, `${name}.training`, training);
    // Image names start at the worker's root.
    stages.push({ name, job: { algorithm, data, settings, images: ".", loading, seed: recipe.seed } });
  }
  return { stages, sampling, accounts };
}

function samplingOf({ sampling, seed }: Recipe, items: PlannedSampling["pairs"]["items"]): PlannedSampling {
  const { settings, samples, temperature, top_p, fill, max_rounds, max_cut_share } = sampling!;
  return {
    pairs: { name: "sampling", benchmark: "pairwise", settings, items, count: items.rows, images: "." },
    draws: { sampling: { temperature, top_p, top_k: 0, min_p: 0, repetition_penalty: 1 }, count: samples, seed },
    fill,
    maxRounds: fill === "none" ? 1 : max_rounds,
    maxCutShare: max_cut_share,
  };
}

function choosingOf({ rejection }: Recipe): Choosing | null {
  if (rejection === undefined) return null;
  const { per_item: perItem, max_right_share: maxRightShare, rows = null } = rejection;
  return { perItem, maxRightShare, rows };
}

async function pairingOf(deps: ActivityDeps, { dpo, answering, stages }: Recipe): Promise<Pairing | null> {
  if (dpo === undefined || !stages.includes("dpo")) return null;
  const { per_item: perItem, balanced, chosen_from: chosenFrom, model, server } = dpo;
  const { backend, dtype } = answering;
  const named: PolicyRef | null =
    model === undefined ? null : await findPolicy(deps, { who: "dpo", field: "dpo.model", backend, dtype, model });
  return { perItem, balanced, chosenFrom, model: named, ...(server && { server }) };
}
