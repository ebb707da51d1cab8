import type { Recipe } from "../recipe/index.ts";
import type { Problem } from "../../../recipe/problems.ts";

/** What fields say together: a rule returns its problem or nothing. */
export type Rule = (recipe: Recipe) => Problem | undefined | false;
