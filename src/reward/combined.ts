import { counting } from "./counting.ts";
import type { Judged, Reward } from "./reward.ts";
import { spatial } from "./spatial.ts";

const BY_KIND: Readonly<Record<string, Reward>> = { spatial, counting };

/** Each row by the reward of its task's type. */
export const combined: Reward = {
  version: 1,
  problem: (row) => {
    if (Object.hasOwn(BY_KIND, row.kind)) return BY_KIND[row.kind]!.problem(row);
    return `is of the type "${row.kind}"; the reward combined judges ${Object.keys(BY_KIND).join(" and ")}`;
  },
  score: (row, text) => rewardFor(row).score(row, text),
};

function rewardFor({ kind }: Judged): Reward {
  if (Object.hasOwn(BY_KIND, kind)) return BY_KIND[kind]!;
  throw new Error(`No reward for rows of the type "${kind}".`);
}
