import { pairwise } from "../../benchmark/pairwise.ts";
import { measuringProblems, simulateProblems } from "../../measuring/rules.ts";
import { mixtureProblems, setName } from "../../recipe/parts/mixture.ts";
import { serverProblems } from "../../recipe/parts/server.ts";
import type { Problem } from "../../recipe/problems.ts";
import { dpo as byPairs } from "../../training/dpo.ts";
import { sft } from "../../training/sft.ts";
import { settingsProblems } from "../../training/rules.ts";
import { type Recipe, type StageName, stagesOf } from "./recipe.ts";

const ORDER: readonly StageName[] = ["cold_start", "rejection", "dpo"];

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  const { cold_start, rejection, dpo } = recipe;
  return [
    ...stageProblems(recipe),
    ...(cold_start ? settingsProblems(cold_start.training, ["cold_start", "training"], sft.rules) : []),
    ...(cold_start ? mixtureProblems(cold_start.data, ["cold_start", "data"]) : []),
    ...(rejection ? settingsProblems(rejection.training, ["rejection", "training"], sft.rules) : []),
    ...(dpo ? settingsProblems({ ...dpo.training, sft_only: false }, ["dpo", "training"], byPairs.rules) : []),
    ...samplingProblems(recipe),
    ...chosenProblems(recipe),
    ...measuringProblems(recipe),
    ...simulateProblems(recipe),
  ];
}

function stageProblems(recipe: Recipe): Problem[] {
  const { stages, answering } = recipe;
  const at = stages.findIndex((name, place) => place > 0 && ORDER.indexOf(name) <= ORDER.indexOf(stages[place - 1]!));
  if (at >= 0) {
    const message = `stages has ${stages[at]} behind ${stages[at - 1]}; the order ${ORDER.join(", ")} is needed, each at most once.`;
    return [{ path: ["stages", at], message }];
  }
  const missing = stages.filter((name) => recipe[name] === undefined);
  if (missing.length > 0) {
    return missing.map((name) => ({
      path: [name],
      message: `${name} is missing, but stages has it; its block is needed.`,
    }));
  }
  if (recipe.sampling === undefined && stages.some((name) => name !== "cold_start")) {
    return [{ path: ["sampling"], message: "sampling is missing; the later stages learn from what is sampled." }];
  }
  return stagesOf(recipe).flatMap(({ name, training: { backend } }): Problem[] => {
    if ((backend === "simulated") === (answering.backend === "simulated")) return [];
    const message = `${name}.training.backend is ${backend} while answering.backend is ${answering.backend}; simulated training and simulated answers are needed together.`;
    return [{ path: [name, "training", "backend"], message }];
  });
}

function samplingProblems({ sampling }: Recipe): Problem[] {
  if (sampling === undefined) return [];
  const { temperature, samples, fill, max_rounds: rounds, data } = sampling;
  const problems: Problem[] = [];
  if (temperature === 0 && (samples > 1 || (fill !== "none" && rounds > 1))) {
    const message = `sampling.temperature is 0, so all chains of a pair are the same; samples 1 and fill none, or a temperature above 0, are needed.`;
    problems.push({ path: ["sampling", "temperature"], message });
  }
  const names = data.map(setName);
  for (const [place, name] of names.entries()) {
    if (names.indexOf(name) === place) continue;
    const message = `sampling.data[${place}] is called ${name}, which is taken; a name of its own is needed.`;
    problems.push({ path: ["sampling", "data", place, "name"], message });
  }
  for (const issue of pairwise.settings.safeParse(sampling.settings).error?.issues ?? []) {
    const field = ["sampling.settings", ...issue.path.map(String)].join(".");
    problems.push({ path: ["sampling", "settings"], message: `${field} is not usable: ${issue.message}.` });
  }
  return problems;
}

function chosenProblems({ dpo, answering: { backend } }: Recipe): Problem[] {
  if (dpo === undefined) return [];
  if ((dpo.chosen_from === "model") === (dpo.model !== undefined)) {
    if (dpo.model !== undefined) return serverProblems({ backend, server: dpo.server }, "dpo", "answering");
    if (dpo.server === undefined) return [];
    return [{ path: ["dpo", "server"], message: "dpo.server is given without dpo.model; it has to go." }];
  }
  const message =
    dpo.model === undefined
      ? "dpo.chosen_from is model, but dpo.model is missing; its checkpoint's folder is needed."
      : `dpo.model is given, but dpo.chosen_from is ${dpo.chosen_from}; chosen_from model is needed, or model has to go.`;
  return [{ path: ["dpo", "model"], message }];
}
