import { blockOf, chainChanges } from "../../run/chain-changes.ts";
import type { Changes } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** Beginnings of fields that determine no result. */
const INERT = /^(sampling\.max_cut_share|dpo\.server|(cold_start|rejection|dpo)\.training\.save_steps)/;
/** Beginnings of fields that no training depends on. */
const MEASURED = /^(benchmarks|bootstrap_resamples|max_quarantined_share)/;

/** What differs between two recipes of one run. */
export function changes(before: Recipe, after: Recipe): Changes {
  return chainChanges(before, after, { inert: INERT, measured: MEASURED, stageOf });
}

/** What is sampled is sampled for the first stage behind the cold start. */
function stageOf(field: string, stages: readonly string[]): string | undefined {
  const block = blockOf(field);
  return block === "sampling" ? stages.find((name) => name !== "cold_start") : block;
}
