import { changedFields } from "../../recipe/differences.ts";
import type { Changes } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** What differs between two recipes of one evaluation. Answers are found by what determines them, one by one. */
export function changes(before: Recipe, after: Recipe): Changes {
  const { fields, counting } = changedFields(before, after);
  const determines = counting.length > 0;
  return {
    fields,
    determines,
    redone: determines
      ? ["Done again: the answers whose policy, question or settings changed.", "Found in the store: all others."]
      : ["Nothing is done again: no answer depends on what changed."],
  };
}
