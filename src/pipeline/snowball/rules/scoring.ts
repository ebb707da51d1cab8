import { ASKS_WITH } from "../recipe/scoring.ts";
import type { Rule } from "./rule.ts";

/** How samples become scores. */
export const SCORING_RULES: readonly Rule[] = [
  ({ scoring: { method }, prompt }) => {
    const missing = ASKS_WITH[method].find((field) => prompt[field] === undefined);
    return (
      missing !== undefined && {
        path: ["prompt", missing],
        message: `prompt.${missing} is missing; scoring.method ${method} needs the file of that question.`,
      }
    );
  },
  ({ scoring: { method, weights } }) =>
    weights !== undefined &&
    method !== "both" && {
      path: ["scoring", "weights"],
      message: `scoring.weights is given, but scoring.method is ${method}; it has to go, or method both is needed.`,
    },
  ({ scoring: { weights } }) =>
    weights?.confidence === 0 &&
    weights.explicit === 0 && {
      path: ["scoring", "weights"],
      message: "scoring.weights are both 0; one above 0 is needed, or nothing is scored.",
    },
];
