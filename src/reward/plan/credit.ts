import type { Credit } from "../reward.ts";
import { type JudgedPlan, PLAN_WEIGHTS } from "./judge.ts";
import type { Wanted } from "./truth.ts";

/**
 * Whose merit a plan's reward is: first the share of the whole text (format, efficiency, what is missing), then every
 * action's own. They add up to the reward.
 *
 * An action has its part of the means that `action`, `transition` and navigation are; picks share what is said of the
 * picks, places of the places. What is said of an action that the plan does not have is the whole text's.
 */
export function creditsOf(text: string, { parts, reward, taken, task, walks }: JudgedPlan, { plan }: Wanted): Credit[] {
  const whole = { from: 0, to: text.length };
  if (taken.length === 0) return [{ ...whole, credit: reward }];
  const own = taken.map(() => 0);
  const share = PLAN_WEIGHTS.task / Math.max(1, Object.keys(task).length);
  const steps = taken.reduce((sum, each) => sum + each.reward, 0);
  const clipped = steps === 0 ? 1 : (parts.transition * taken.length) / steps;
  for (const [at, { valid, reward: step }] of taken.entries()) {
    own[at]! += (PLAN_WEIGHTS.action * (valid ? 1 : -1)) / taken.length;
    own[at]! += (PLAN_WEIGHTS.transition * step * clipped) / taken.length;
  }
  for (const [verb, value] of [
    ["Pick", task.picked],
    ["Place", task.placed],
  ] as const) {
    const at = [...taken.keys()].filter((place) => taken[place]!.action.verb === verb);
    if (value !== undefined) for (const place of at) own[place]! += (share * value) / at.length;
  }
  if (task.navigated !== undefined) {
    const right = plan.actions.filter(({ verb }) => verb === "Navigate").length;
    const at = [...taken.keys()].filter((place) => taken[place]!.action.verb === "Navigate");
    const each = share / Math.max(walks.length, right);
    for (const [index, place] of at.entries()) own[place]! += walks[index] ? each : -each;
  }
  const rest = reward - own.reduce((sum, each) => sum + each, 0);
  return [{ ...whole, credit: rest }, ...taken.map(({ action: { from, to } }, at) => ({ from, to, credit: own[at]! }))];
}
