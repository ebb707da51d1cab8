import type { Recipe } from "./recipe/index.ts";

type Change = NonNullable<Extract<Recipe, { pipeline: "snowball" }>["changes"]>[number];

/** The blocks that can change in the middle of a run. */
export const CHANGEABLE = ["scoring", "training"] as const;

/** What changes in the middle of a run, earliest first. */
export function changesOf(recipe: Recipe): readonly Change[] {
  const changes = recipe.pipeline === "snowball" ? (recipe.changes ?? []) : [];
  return changes.toSorted((a, b) => a.from_iteration - b.from_iteration);
}

/** The recipe as an iteration works by it. */
export function recipeAt<R extends Recipe>(recipe: R, iteration: number): R {
  let at = recipe;
  for (const { from_iteration: from, scoring, training } of changesOf(recipe)) {
    if (from <= iteration) at = { ...at, ...(scoring && { scoring }), ...(training && { training }) };
  }
  return at;
}

/** The recipe that works by `before` until iteration `from`, and by `after` from there on; they differ in nothing else. */
export function changedFrom(before: Recipe, after: Recipe, from: number): Recipe {
  if (before.pipeline !== "snowball" || after.pipeline !== "snowball") throw new RangeError("one round has no middle");
  const [left, right] = [recipeAt(before, from - 1), recipeAt(after, from)];
  const differing = CHANGEABLE.filter((block) => JSON.stringify(left[block]) !== JSON.stringify(right[block]));
  const here = { from_iteration: from, ...Object.fromEntries(differing.map((block) => [block, right[block]])) };
  const changes: Change[] = [
    ...changesOf(before).filter((each) => each.from_iteration < from),
    ...(differing.length > 0 ? [here] : []),
    ...changesOf(after).filter((each) => each.from_iteration > from),
  ];
  const { changes: _, ...rest } = after;
  const { scoring, training } = before;
  return { ...rest, scoring, training, ...(changes.length > 0 && { changes }) };
}
