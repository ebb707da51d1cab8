import { combined } from "./combined.ts";
import { counting } from "./counting.ts";
import type { Judged, Reward, Scored } from "./reward.ts";
import { spatial } from "./spatial.ts";

/** The rewards, by their names in a recipe. A new one adds one line. */
export const REWARDS = { spatial, counting, combined } as const satisfies Record<string, Reward>;

export type RewardName = keyof typeof REWARDS;

/** How much each reward counts. */
export type RewardWeights = Readonly<Partial<Record<RewardName, number>>>;

export function isReward(name: string): name is RewardName {
  return Object.hasOwn(REWARDS, name);
}

/** Why one of the rewards cannot judge a row; null where all can. */
export function rewardProblem(weights: RewardWeights, row: Judged): string | null {
  return (
    of(weights)
      .map(([name]) => REWARDS[name].problem(row))
      .find((problem) => problem !== null) ?? null
  );
}

/** The weighted sum of the rewards. `parts` has each reward by its name, and its own parts as `name/part`. */
export function weighed(weights: RewardWeights, row: Judged, text: string): Scored {
  let reward = 0;
  const parts: Record<string, number> = {};
  for (const [name, weight] of of(weights)) {
    const own = REWARDS[name].score(row, text);
    reward += weight * own.reward;
    parts[name] = own.reward;
    for (const [part, value] of Object.entries(own.parts)) parts[`${name}/${part}`] = value;
  }
  return { reward, parts };
}

/** What of the rewards themselves determines a training, by their names. */
export function versionsOf(weights: RewardWeights): Readonly<Record<string, number>> {
  return Object.fromEntries(of(weights).map(([name]) => [name, REWARDS[name].version]));
}

function of(weights: RewardWeights): [RewardName, number][] {
  return Object.entries(weights) as [RewardName, number][];
}
