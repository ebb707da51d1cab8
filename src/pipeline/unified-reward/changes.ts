import { differencesOf } from "../../recipe/differences.ts";
import type { Changes } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** Beginnings of fields that determine no result. */
const INERT =
  /^(\$schema|retries|chunk\.window|answering\.micro_batch|sampling\.max_cut_share|simulate\.latency_ms|(cold_start|rejection|dpo)\.training\.save_steps)/;
/** Beginnings of fields that no training depends on. */
const MEASURED = /^(benchmarks|bootstrap_resamples|max_quarantined_share)/;

/** What differs between two recipes of one run. A stage starts from the one before, so all that follow it are remade. */
export function changes(before: Recipe, after: Recipe): Changes {
  const { $schema: _, ...old } = before;
  const { $schema: __, ...young } = after;
  const found = differencesOf(old, young);
  const counting = found.filter(({ field }) => !INERT.test(field));
  return {
    fields: found.map(({ field, change }) => `${field} ${change}`).join(", "),
    determines: counting.length > 0,
    redone: redone(
      counting.map(({ field }) => field),
      after,
    ),
  };
}

function redone(fields: readonly string[], { stages }: Recipe): string[] {
  if (fields.length === 0) return ["Nothing is done again: no result depends on what changed."];
  const training = fields.filter((field) => !MEASURED.test(field));
  if (training.length === 0)
    return ["Done again: the answers that depend on what changed.", "Found in the store: every training."];
  const first = Math.min(...training.map((field) => firstStage(field, stages)));
  const found = first === 0 ? [] : [`Found in the store: ${stages.slice(0, first).join(", ")}.`];
  return [`Done again: ${stages.slice(first).join(", ")}, with their answers.`, ...found];
}

/** The first stage that a field changes; what is sampled is sampled for the first behind the cold start. */
function firstStage(field: string, stages: Recipe["stages"]): number {
  const [block = ""] = field.split(".");
  const place =
    block === "sampling"
      ? stages.findIndex((name) => name !== "cold_start")
      : (stages as readonly string[]).indexOf(block);
  return Math.max(0, place);
}
