import { blockOf, chainChanges } from "../../run/chain-changes.ts";
import type { Changes } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** Beginnings of fields that determine no result. */
const INERT = /^((sft|dpo|grpo)\.training\.save_steps|grpo\.training\.vllm)/;
/** Beginnings of fields that no training depends on. */
const MEASURED =
  /^(benchmarks|bootstrap_resamples|max_quarantined_share|chunk|answering\.(max_new_tokens|backend)|simulate)/;

/** What differs between two recipes of one run. */
export function changes(before: Recipe, after: Recipe): Changes {
  return chainChanges(before, after, { inert: INERT, measured: MEASURED, stageOf: blockOf });
}
