import type { Problem } from "../../recipe/problems.ts";
import { benchmarkOf } from "../../benchmark/index.ts";
import type { Recipe } from "./recipe.ts";

/** What a benchmark is called in tables and files. */
export function nameOf({ name, benchmark }: Recipe["benchmarks"][number]): string {
  return name ?? benchmark;
}

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  return [...policyProblems(recipe), ...benchmarkProblems(recipe), ...answeringProblems(recipe)];
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

function benchmarkProblems({ benchmarks }: Recipe): Problem[] {
  const names = benchmarks.map(nameOf);
  return benchmarks.flatMap((each, place): Problem[] => {
    const path = ["benchmarks", place];
    const at = `benchmarks[${place}]`;
    const problems: Problem[] = [];
    if (names.indexOf(nameOf(each)) < place) {
      const message = `${at} is called ${nameOf(each)}, which is taken; a name of its own is needed.`;
      problems.push({ path: [...path, "name"], message });
    }
    const parsed = benchmarkOf(each.benchmark).settings.safeParse(each.settings);
    for (const issue of parsed.error?.issues ?? []) {
      const field = [at, "settings", ...issue.path.map(String)].join(".");
      problems.push({ path: [...path, "settings"], message: `${field} is not usable: ${issue.message}.` });
    }
    return problems;
  });
}

function answeringProblems({ answering, simulate }: Recipe): Problem[] {
  const { backend, min_pixels: min, max_pixels: max } = answering;
  const problems: Problem[] = [];
  if (min > max) {
    const message = `answering.min_pixels is ${min}; at most answering.max_pixels (${max}) is needed.`;
    problems.push({ path: ["answering", "min_pixels"], message });
  }
  if (simulate !== undefined && backend !== "simulated") {
    const message = "simulate is given, but answering.backend is not simulated; one of the two has to go.";
    problems.push({ path: ["simulate"], message });
  }
  return problems;
}
