import { benchmarkOf } from "../benchmark/index.ts";
import type { CommonRecipe } from "../recipe/common.ts";
import { loadingProblems } from "../recipe/loading.ts";
import type { Problem } from "../recipe/problems.ts";
import { type MeasuringRecipe, nameOf } from "./recipe.ts";

/** Problems between the fields of a recipe that asks benchmarks. */
export function measuringProblems(recipe: Pick<MeasuringRecipe, "benchmarks" | "answering">): Problem[] {
  return [...benchmarkProblems(recipe), ...loadingProblems(recipe.answering, "answering")];
}

function benchmarkProblems({ benchmarks }: Pick<MeasuringRecipe, "benchmarks">): Problem[] {
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

/** `simulate` says what simulated backends pretend, so it needs one. */
export function simulateProblems({
  answering,
  simulate,
}: Pick<MeasuringRecipe, "answering"> & Pick<CommonRecipe, "simulate">): Problem[] {
  if (simulate === undefined || answering.backend === "simulated") return [];
  const message = "simulate is given, but answering.backend is not simulated; one of the two has to go.";
  return [{ path: ["simulate"], message }];
}
