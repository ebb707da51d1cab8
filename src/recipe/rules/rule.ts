import type { Recipe } from "../pipelines/index.ts";
import type { Problem } from "../problem.ts";

/** What fields say together: a rule returns its problem or nothing. */
export type Rule = (recipe: Recipe) => Problem | undefined | false;
