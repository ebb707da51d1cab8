import { changesOf, recipeAt } from "../at-iteration.ts";
import type { Recipe } from "../recipe/index.ts";
import { type Difference, differencesOf } from "../../../recipe/differences.ts";
import { type Effect, effectOf } from "./effects.ts";

/** A field that was changed, and the first thing that it touches; null when every result stays as it is. */
export interface ChangedField extends Difference {
  readonly effect: Effect | null;
}

/** How a recipe differs from the one before, iteration by iteration where blocks change in the middle of a run. */
export function compareRecipes(before: Recipe, after: Recipe): ChangedField[] {
  const starts = [...changesOf(before), ...changesOf(after)].map((each) => each.from_iteration);
  const seen = new Set<string>();
  const changed: ChangedField[] = [];
  for (const iteration of new Set([0, ...starts.toSorted((a, b) => a - b)])) {
    for (const difference of differencesOf(plain(recipeAt(before, iteration)), plain(recipeAt(after, iteration)))) {
      const { field, change } = difference;
      if (seen.has(`${field} ${change}`)) continue;
      seen.add(`${field} ${change}`);
      const effect = effectOf(field);
      changed.push({
        ...difference,
        effect: effect && { ...effect, iteration: Math.max(effect.iteration, iteration) },
      });
    }
  }
  return changed;
}

/** Without what a run does not keep: its changes are laid in already, and how fast a device is determines nothing. */
function plain(recipe: Recipe): object {
  const { $schema: _, rates: __, ...kept } = recipe;
  return { ...kept, changes: undefined };
}
