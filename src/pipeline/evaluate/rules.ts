import type { Problem } from "../../recipe/problems.ts";
import { measuringProblems, simulateProblems } from "../../measuring/rules.ts";
import type { Recipe } from "./recipe.ts";

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  return [...policyProblems(recipe), ...measuringProblems(recipe), ...simulateProblems(recipe)];
}

function policyProblems({ policies }: Recipe): Problem[] {
  return policies.flatMap(({ name, model, adapter, run }, place): Problem[] => {
    const at = `policies[${place}]`;
    const path = ["policies", place];
    const problems: Problem[] = [];
    if (policies.findIndex((each) => each.name === name) < place) {
      problems.push({
        path: [...path, "name"],
        message: `${at}.name is ${name}, which is taken; another name is needed.`,
      });
    }
    if ((model === undefined) === (run === undefined)) {
      const message = `${at} has ${model === undefined ? "neither" : "both"} model ${model === undefined ? "nor" : "and"} run; one of the two is needed.`;
      problems.push({ path, message });
    }
    if (adapter !== undefined && model === undefined) {
      problems.push({
        path: [...path, "adapter"],
        message: `${at}.adapter is given without model; the folder below it is needed.`,
      });
    }
    return problems;
  });
}
