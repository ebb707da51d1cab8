import type { Rule } from "./rule.ts";

/** The loop around it all, and what it is measured against. */
export const LOOP_RULES: readonly Rule[] = [
  ({ loop, data }) =>
    loop.gate === "roll_back" &&
    data.held_out.val === 0 && {
      path: ["loop", "gate"],
      message: "loop.gate is roll_back, but data.held_out.val is 0; questions to look at are needed.",
    },
  ({ loop: { controls }, evaluation }) =>
    controls.random_view &&
    evaluation.reference_views.length === 0 && {
      path: ["loop", "controls", "random_view"],
      message: "loop.controls.random_view is true; evaluation.reference_views to draw from are needed.",
    },
  ({ evaluation: { reference_views: views } }) => {
    const names = ["policy", "no_view", ...views.map((view) => view.name)];
    const index = names.findIndex((name, place) => names.indexOf(name) < place);
    return (
      index >= 0 && {
        path: ["evaluation", "reference_views", index - 2, "name"],
        message: `evaluation.reference_views[${index - 2}].name is ${names[index]}, which is taken; another name is needed.`,
      }
    );
  },
];
