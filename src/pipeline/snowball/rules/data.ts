import { givenPairsOf } from "../recipe/index.ts";
import type { Rule } from "./rule.ts";

/** Where a run's questions or pairs come from. */
export const DATA_RULES: readonly Rule[] = [
  (recipe) =>
    recipe.data.path === undefined &&
    givenPairsOf(recipe) === undefined && {
      path: ["data", "path"],
      message: "data.path is missing; the file of questions is needed, or round.pairs to start from.",
    },
  ({ data }) =>
    data.path === undefined &&
    data.held_out.val + data.held_out.test > 0 && {
      path: ["data", "path"],
      message:
        "data.path is missing, but data.held_out asks for questions; a file of questions, or no held_out, is needed.",
    },
  (recipe) =>
    recipe.pipeline === "single-round" &&
    recipe.round.stop_after === "pairs" &&
    recipe.round.pairs !== undefined && {
      path: ["round", "stop_after"],
      message: "round.stop_after is pairs, but round.pairs gives them already; one of the two is needed.",
    },
  ({ data, loop }) =>
    data.max_samples !== undefined &&
    data.max_samples < loop.num_iterations && {
      path: ["data", "max_samples"],
      message: `data.max_samples is ${data.max_samples}; at least one question for each of the ${loop.num_iterations} iterations is needed.`,
    },
];
