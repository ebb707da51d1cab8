import { changesOf, recipeAt } from "../at-iteration.ts";
import type { Recipe } from "../recipe/index.ts";
import type { Problem } from "../../../recipe/problems.ts";
import { DATA_RULES } from "./data.ts";
import { LOOP_RULES } from "./loop.ts";
import { ROLE_RULES } from "./roles.ts";
import type { Rule } from "./rule.ts";
import { SCORING_RULES } from "./scoring.ts";
import { TRAINING_RULES } from "./training.ts";

const RULES: readonly Rule[] = [...DATA_RULES, ...ROLE_RULES, ...SCORING_RULES, ...TRAINING_RULES, ...LOOP_RULES];

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  return [...RULES.flatMap((rule) => rule(recipe) || []), ...checkChanges(recipe)];
}

/** What is changed in the middle of a run must fit the rest as if it had stood there from the start. */
function checkChanges(recipe: Recipe): Problem[] {
  const { num_iterations: iterations } = recipe.loop;
  const starts = changesOf(recipe).map((each) => each.from_iteration);
  return starts.flatMap((from, place) => {
    const path = ["changes", place, "from_iteration"];
    if (from >= iterations) {
      return [{ path, message: `changes[${place}].from_iteration is ${from}; at most ${iterations - 1} is needed.` }];
    }
    if (starts.indexOf(from) < place) {
      return [{ path, message: `changes[${place}].from_iteration is ${from}, as before; one entry each is needed.` }];
    }
    return RULES.flatMap((rule) => rule(recipeAt(recipe, from)) || []).map(({ message }) => ({
      path,
      message: `From iteration ${from} on: ${message}`,
    }));
  });
}
