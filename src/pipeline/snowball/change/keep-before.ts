import { StepFailure } from "../../../failure.ts";
import { compareRecipes } from "./comparison.ts";
import { CHANGEABLE, changedFrom } from "../at-iteration.ts";
import type { Recipe } from "../recipe/index.ts";
import { changeTexts, redoneLines } from "./told.ts";

export interface Kept {
  /** What is run: the earlier recipe before the iteration, this one from there on. */
  readonly recipe: Recipe;
  /** What stays and what is done again. */
  readonly lines: readonly string[];
}

/**
 * Makes the promise of `--from-iteration` before anything runs: iterations before `from` stay as the earlier recipe
 * made them, and this one counts from there on. The run's own recipe says so (its block `changes`), so that nothing is
 * mixed in silence.
 * @throws {StepFailure} BadInput when the change determines what comes before
 */
export function keepBefore(before: Recipe | null, after: Recipe, from: number): Kept {
  const { name } = after;
  if (before === null) {
    throw new StepFailure("BadInput", `No run called "${name}" was started on this root: there is nothing to keep.`);
  }
  const iterations = before.pipeline === "snowball" ? before.loop.num_iterations : 1;
  if (from >= iterations) {
    const last = iterations === 1 ? "it has iteration 0 only" : `its last iteration is ${iterations - 1}`;
    throw new StepFailure("BadInput", `--from-iteration ${from} is after the end of ${name}: ${last}.`);
  }
  const breaking = compareRecipes(before, after).filter(
    ({ field, effect }) => effect !== null && effect.iteration < from && !isChangeable(field),
  );
  if (breaking.length > 0) {
    const only = CHANGEABLE.join(" and ");
    throw new StepFailure(
      "BadInput",
      `Iterations before ${from} cannot stay as they are: ${changeTexts(breaking)}. Only ${only} can change in the middle of a run; ` +
        `take the change back, give the recipe another name, or run it without --from-iteration.`,
    );
  }
  const recipe = changedFrom(before, after, from);
  const changed = compareRecipes(before, recipe);
  if (changed.length === 0) return { recipe, lines: [`The recipe is the one that ${name} was last run with.`] };
  const kept =
    from === 1
      ? "Iteration 1 (iter_0) stays as it is"
      : `Iterations 1 to ${from} (iter_0 to iter_${from - 1}) stay as they are`;
  return {
    recipe,
    lines: [`${kept}. From iteration ${from + 1} (iter_${from}) on: ${changeTexts(changed)}.`, ...redoneLines(changed)],
  };
}

function isChangeable(field: string): boolean {
  return CHANGEABLE.some((block) => field.startsWith(`${block}.`));
}
