import { benchmarkLines, reckonAnswers } from "../../measuring/reckon.ts";
import { count, plural, size } from "../../numbers.ts";
import type { Plan } from "../pipeline.ts";
import type { Recipe } from "./recipe.ts";

/** Reckons what an evaluation does: every policy answers every question once. */
export async function planEvaluation(root: string, recipe: Recipe): Promise<Plan> {
  const { name, policies, answering } = recipe;
  const reckoned = await reckonAnswers(root, recipe, policies.length);
  const { benchmarks, answers, disk } = reckoned;
  return {
    disk,
    json: (free) => ({ run: name, policies: policies.length, benchmarks, answers, disk, free }),
    lines: (free) => [
      `${name}   ${plural(answers, "answer")}`,
      `  policies    ${policies.map((each) => each.name).join(", ")}`,
      ...benchmarkLines(reckoned),
      `  disk        ${size(disk)}${free === null ? "" : `; ${size(free)} are free`}`,
      `  each        at most ${count(answering.max_new_tokens)} tokens, read greedily`,
    ],
  };
}
