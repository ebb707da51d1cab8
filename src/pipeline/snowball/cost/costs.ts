import type { Recipe } from "../recipe/index.ts";
import { recipeWarnings } from "./iterations.ts";
import { type DiskUse, diskOf, type ModelSize } from "./disk.ts";
import { type HistoryUse, historyOf } from "./history.ts";
import { type TimeUse, timeOf } from "./time.ts";
import { type PlannedData, type RunWork, workOf } from "./work.ts";

/** What a run costs at most, before anything has run. */
export interface Costs {
  readonly run: string;
  readonly data: PlannedData;
  readonly work: RunWork;
  readonly disk: DiskUse;
  readonly history: HistoryUse;
  /** What trained policies are served as. */
  readonly policies: "adapter" | "merged";
  /** Null without rates in the recipe. */
  readonly time: TimeUse | null;
  /** Sentences about what is allowed but rarely meant. */
  readonly warnings: readonly string[];
}

/** Reckons what a recipe costs on this data. */
export function costsOf(recipe: Recipe, data: PlannedData, model: ModelSize | null): Costs {
  const work = workOf(recipe, data);
  const training = data.shards.reduce((sum, size) => sum + size, 0);
  return {
    run: recipe.name,
    data,
    work,
    disk: diskOf(recipe, work, model),
    history: historyOf(recipe, data),
    policies: recipe.planner.policies,
    time: timeOf(recipe, work) ?? null,
    warnings: [...recipeWarnings(recipe, training, data.givenPairs), ...(model === null ? [NO_CHECKPOINT] : [])],
  };
}

const NO_CHECKPOINT =
  "the planner's checkpoint is not there to be looked at: trained models and their checkpoints are left out of the disk.";
