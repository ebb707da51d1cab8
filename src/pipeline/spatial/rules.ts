import { measuringProblems, simulateProblems } from "../../measuring/rules.ts";
import type { Problem } from "../../recipe/problems.ts";
import { algorithmOf } from "../../training/index.ts";
import { settingsProblems } from "../../training/rules.ts";
import { mixtureProblems } from "../../recipe/parts/mixture.ts";
import { type Recipe, type StageName } from "./recipe.ts";

/** The order in which the stages make sense: what imitates first, what explores last. */
const ORDER: readonly StageName[] = ["sft", "dpo", "grpo"];

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  return [
    ...orderProblems(recipe),
    ...ORDER.flatMap((name) => blockProblems(recipe, name)),
    ...measuringProblems(recipe),
    ...simulateProblems(recipe),
  ];
}

function orderProblems({ stages }: Recipe): Problem[] {
  const at = stages.findIndex((name, place) => place > 0 && ORDER.indexOf(name) <= ORDER.indexOf(stages[place - 1]!));
  if (at < 0) return [];
  const [name, before] = [stages[at]!, stages[at - 1]!];
  const told = name === before ? `has ${name} twice` : `has ${name} after ${before}`;
  return [{ path: ["stages", at], message: `stages ${told}; the order sft, dpo, grpo is needed, each at most once.` }];
}

function blockProblems(recipe: Recipe, name: StageName): Problem[] {
  const block = recipe[name];
  if (block === undefined) {
    if (!recipe.stages.includes(name)) return [];
    const message = `${name} is missing, but stages has it; a block with data and training is needed.`;
    return [{ path: [name], message }];
  }
  const path = [name, "training"];
  const settings = settingsProblems(block.training, path, algorithmOf(name).rules);
  return [...settings, ...mixtureProblems(block.data, [name, "data"]), ...backendProblems(recipe, name)];
}

function backendProblems({ answering, ...recipe }: Recipe, name: StageName): Problem[] {
  const { backend } = recipe[name]!.training;
  if ((backend === "simulated") === (answering.backend === "simulated")) return [];
  const message = `${name}.training.backend is ${backend} while answering.backend is ${answering.backend}; simulated training and simulated answers are needed together.`;
  return [{ path: [name, "training", "backend"], message }];
}
