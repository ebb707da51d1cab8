import { changedFields } from "../../recipe/differences.ts";
import type { Changes } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** Beginnings of fields that determine no result. */
const INERT = /^(\$schema|retries|chunk\.window|answering\.(micro_batch|vllm|server)|simulate\.latency_ms)/;

/** What differs between two recipes of one evaluation. Answers are found by what determines them, one by one. */
export function changes(before: Recipe, after: Recipe): Changes {
  const { fields, counting } = changedFields(before, after, INERT);
  const determines = counting.length > 0;
  return {
    fields,
    determines,
    redone: determines
      ? ["Done again: the answers whose policy, question or settings changed.", "Found in the store: all others."]
      : ["Nothing is done again: no answer depends on what changed."],
  };
}
