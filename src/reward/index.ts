import { combined } from "./combined.ts";
import { counting } from "./counting.ts";
import { plan } from "./plan/index.ts";
import type { Credit, Judged, Reward, Scored } from "./reward.ts";
import { spatial } from "./spatial.ts";

/** The rewards, by their names in a recipe. A new one adds one line. */
export const REWARDS = { spatial, counting, combined, plan } as const satisfies Record<string, Reward>;

export type RewardName = keyof typeof REWARDS;

/** How much each reward counts, by its name. */
export type RewardWeights = Readonly<Record<string, number>>;

export function isReward(name: string): name is RewardName {
  return Object.hasOwn(REWARDS, name);
}

/** Why one of the rewards here cannot judge a row; null where all can. */
export function rewardProblem(weights: RewardWeights, row: Judged): string | null {
  return (
    Object.keys(weights)
      .filter(isReward)
      .map((name) => REWARDS[name].problem(row))
      .find((problem) => problem !== null) ?? null
  );
}

/**
 * The weighted sum of the rewards. `parts` has each reward by its name, and its own parts as `name/part`.
 * @param others what the rewards said that are none of those here, by name
 */
export function weighed(
  weights: RewardWeights,
  row: Judged,
  text: string,
  others: Readonly<Record<string, Scored>> = {},
): Scored {
  let reward = 0;
  const parts: Record<string, number> = {};
  let whole = 0;
  const credits: Credit[] = [];
  for (const [name, weight] of Object.entries(weights)) {
    const own = isReward(name) ? REWARDS[name].score(row, text) : others[name]!;
    reward += weight * own.reward;
    parts[name] = own.reward;
    const [first, ...actions] = own.credits ?? [{ from: 0, to: text.length, credit: own.reward }];
    whole += weight * (first?.credit ?? 0);
    credits.push(...actions.map((each) => ({ ...each, credit: weight * each.credit })));
    for (const [part, value] of Object.entries(own.parts)) parts[`${name}/${part}`] = value;
  }
  if (credits.length === 0) return { reward, parts };
  return { reward, parts, credits: [{ from: 0, to: text.length, credit: whole }, ...credits] };
}

/** What of the rewards determines a result: their weights, and what each means. What a program of the user's is, its digest says. */
export function rewardsKey(weights: RewardWeights): object {
  return Object.fromEntries(
    Object.entries(weights).map(([name, weight]) => [
      name,
      isReward(name) ? { weight, version: REWARDS[name].version } : { weight },
    ]),
  );
}
