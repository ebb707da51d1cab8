import { loadingProblems } from "../../recipe/loading.ts";
import type { Problem } from "../../recipe/problems.ts";
import type { Recipe } from "./recipe.ts";
import { stagesOf } from "./recipe.ts";

/** Problems between fields that are each fine alone. */
export function checkTogether(recipe: Recipe): Problem[] {
  const { beams, critic, grpo, rce, selector, shots, simulate } = recipe;
  const problems: Problem[] = [];
  const say = (path: string[], message: string): void => void problems.push({ path, message });
  if (beams.candidates < beams.shots) {
    say(
      ["beams", "candidates"],
      `beams.candidates is ${beams.candidates}; at least beams.shots (${beams.shots}) is needed.`,
    );
  }
  if (Math.max(...shots) > beams.shots) {
    say(
      ["shots"],
      `shots has ${Math.max(...shots)}; the selector chooses beams.shots (${beams.shots}) examples, and no more.`,
    );
  }
  if (new Set(shots).size < shots.length) say(["shots"], "shots has a number twice; each is measured once.");
  if (grpo.reward.task > 0 && !beams.answers && beams.given === undefined && grpo.epochs > 0) {
    say(
      ["grpo", "reward", "task"],
      `grpo.reward.task is ${grpo.reward.task}, but nobody answers with the beams; beams.answers true is needed.`,
    );
  }
  if (selector.hidden % selector.heads !== 0) {
    say(
      ["selector", "heads"],
      `selector.heads is ${selector.heads}, which does not divide selector.hidden (${selector.hidden}).`,
    );
  }
  if (rce.temperature_end > rce.temperature_start) {
    say(
      ["rce", "temperature_end"],
      `rce.temperature_end is ${rce.temperature_end}; at most rce.temperature_start (${rce.temperature_start}) is needed.`,
    );
  }
  if (beams.size < 2 && (rce.epochs > 0 || grpo.epochs > 0)) {
    say(["beams", "size"], "beams.size is 1, but rce and grpo compare the beams of a query; 2 or more are needed.");
  }
  if (stagesOf(recipe).length === 0)
    say(["sft", "epochs"], "sft, rce and grpo have 0 epochs; one of them has to train.");
  problems.push(...loadingProblems(critic, "critic"));
  if (simulate !== undefined && critic.backend !== "simulated") {
    say(["simulate"], "simulate is given, but critic.backend is not simulated; one of the two has to go.");
  }
  return problems;
}
