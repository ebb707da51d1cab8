import { loadingProblems } from "../../../recipe/loading.ts";
import { isTooLong, MOST_ASPECT } from "../../../image/aspect.ts";
import type { Rule } from "./rule.ts";

/** Pixels a side of one patch of the editor's latents. */
const EDITOR_GRID = 16;

/** Planner, executor, critic and evaluator, and what simulated ones pretend. */
export const ROLE_RULES: readonly Rule[] = [
  ({ planner }) =>
    planner.temperature === 0 && {
      path: ["planner", "temperature"],
      message: `planner.temperature is 0, so all ${planner.num_rollouts} rollouts of a question would be the same; a number above 0 is needed.`,
    },
  ({ planner }) => loadingProblems(planner, "planner"),
  ({ critic }) => loadingProblems(critic, "critic"),
  ({ evaluator }) => loadingProblems(evaluator, "evaluator"),
  ({ executor: { backend, model } }) =>
    backend === "flux2-klein" &&
    model === undefined && {
      path: ["executor", "model"],
      message: "executor.model is missing; the folder of a FLUX.2 klein checkpoint is needed.",
    },
  ({ executor: { backend, model } }) =>
    backend !== "flux2-klein" &&
    model !== undefined && {
      path: ["executor", "model"],
      message: `executor.model is given, but ${backend} has no model; it has to go, or backend flux2-klein is needed.`,
    },
  ({ executor: { backend, images } }) =>
    images === "all" &&
    backend !== "flux2-klein" && {
      path: ["executor", "images"],
      message: `executor.images is all, but ${backend} reads one image; first, or backend flux2-klein is needed.`,
    },
  ({ executor }) => {
    const side = (["width", "height"] as const).find((each) => executor[each] % EDITOR_GRID !== 0);
    return (
      executor.backend === "flux2-klein" &&
      side !== undefined && {
        path: ["executor", side],
        message: `executor.${side} is ${executor[side]}; flux2-klein needs a multiple of ${EDITOR_GRID}.`,
      }
    );
  },
  ({ executor: { width, height } }) =>
    isTooLong(width, height) && {
      path: ["executor", "width"],
      message: `executor.width is ${width} and executor.height ${height}; models refuse views of which one side is more than ${MOST_ASPECT} times the other.`,
    },
  (recipe) =>
    recipe.simulate !== undefined &&
    ![recipe.planner, recipe.executor, recipe.critic, recipe.evaluator, recipe.training].some(
      (role) => role.backend === "simulated",
    ) && {
      path: ["simulate"],
      message: "simulate is given, but no backend is simulated; it has to go, or a backend: simulated is needed.",
    },
];
