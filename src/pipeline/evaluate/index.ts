import { plural } from "../../contract/table.ts";
import type { Pipeline } from "../pipeline.ts";
import { evaluateRecipe } from "./recipe.ts";
import { checkTogether } from "./rules.ts";

/** Policies × benchmarks: measures, and trains nothing. */
export const evaluate: Pipeline<typeof evaluateRecipe> = {
  schema: evaluateRecipe,
  rules: checkTogether,
  opening: ({ policies, benchmarks }) =>
    `${policies.length} ${policies.length === 1 ? "policy" : "policies"} · ${plural(benchmarks.length, "benchmark")}`,
  subject: ({ benchmarks }) => benchmarks.map((each) => each.data.path).join(", "),
};
