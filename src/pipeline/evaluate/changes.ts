import { differencesOf } from "../../recipe/differences.ts";
import type { Changes } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** Beginnings of fields that determine no result. */
const INERT = /^(\$schema|retries|chunk\.window|answering\.micro_batch|simulate\.latency_ms)/;

/** What differs between two recipes of one evaluation. Answers are found by what determines them, one by one. */
export function changes(before: Recipe, after: Recipe): Changes {
  const { $schema: _, ...old } = before;
  const { $schema: __, ...young } = after;
  const found = differencesOf(old, young);
  const determines = found.some(({ field }) => !INERT.test(field));
  return {
    fields: found.map(({ field, change }) => `${field} ${change}`).join(", "),
    determines,
    redone: determines
      ? ["Done again: the answers whose policy, question or settings changed.", "Found in the store: all others."]
      : ["Nothing is done again: no answer depends on what changed."],
  };
}
