import { simulateProblems } from "../../measuring/rules.ts";
import type { Problem } from "../../recipe/problems.ts";
import { algorithmOf } from "../../training/index.ts";
import { settingsProblems } from "../../training/rules.ts";
import { type Recipe, stagesOf } from "./recipe.ts";

/** How far the shares of the types may miss 1: they are written by hand. */
const ROUNDING = 0.001;

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  const stages = stageProblems(recipe);
  if (stages.length > 0) return stages;
  return [
    ...settingsProblems(recipe.sft.training, ["sft", "training"], algorithmOf("sft").rules),
    ...(recipe.grpo ? settingsProblems(recipe.grpo.training, ["grpo", "training"], algorithmOf("grpo").rules) : []),
    ...backendProblems(recipe),
    ...shareProblems(recipe),
    ...simulateProblems(recipe),
  ];
}

function stageProblems({ stages, grpo }: Recipe): Problem[] {
  if (stages.join() !== "sft" && stages.join() !== "sft,grpo") {
    const message = `stages is ${stages.join(", ")}; sft, or sft and grpo, are needed: negatives are sampled from what SFT made.`;
    return [{ path: ["stages"], message }];
  }
  if (grpo !== undefined || !stages.includes("grpo")) return [];
  return [{ path: ["grpo"], message: "grpo is missing, but stages has it; a block with training is needed." }];
}

function backendProblems(recipe: Recipe): Problem[] {
  return stagesOf(recipe).flatMap(({ name, training: { backend } }): Problem[] => {
    if ((backend === "simulated") === (recipe.answering.backend === "simulated")) return [];
    const message = `${name}.training.backend is ${backend} while answering.backend is ${recipe.answering.backend}; simulated training and simulated answers are needed together.`;
    return [{ path: [name, "training", "backend"], message }];
  });
}

function shareProblems({ negatives: { shares } }: Recipe): Problem[] {
  const sum = Object.values(shares).reduce((total, each) => total + each, 0);
  if (Math.abs(sum - 1) <= ROUNDING) return [];
  const message = `negatives.shares add up to ${Number(sum.toFixed(3))}; 1 is needed.`;
  return [{ path: ["negatives", "shares"], message }];
}
