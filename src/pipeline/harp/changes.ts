import { changedFields } from "../../recipe/differences.ts";
import type { Changes } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** Beginnings of fields that determine no result. */
const INERT =
  /^(chunk|(sft|grpo)\.training\.save_steps|grpo\.training\.vllm|plans\.(key|timeout_s|max_attempts|window|max_spent|max_quarantined_share))/;
/** Beginnings of fields that SFT, and what comes before it, does not depend on. */
const LATER = /^(negatives|grpo|stages|bootstrap_resamples|max_quarantined_share|answering\.max_new_tokens)/;

/** What differs between two recipes of one run. */
export function changes(before: Recipe, after: Recipe): Changes {
  const { fields, counting } = changedFields(before, after, INERT);
  return {
    fields,
    determines: counting.length > 0,
    redone:
      counting.length === 0
        ? ["Nothing is done again: no result depends on what changed."]
        : counting.every((field) => LATER.test(field))
          ? [
              "Done again: negatives, GRPO or answers that depend on what changed.",
              "Found in the store: plans and SFT.",
            ]
          : ["Done again: what depends on what changed.", "Found in the store: the answers about scenes that do not."],
  };
}
