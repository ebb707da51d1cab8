import type { UnifiedRewardSteps } from "../../src/pipeline/unified-reward/contract/plan.ts";
import type { Written } from "../step.ts";
import { judgeChains } from "./chains.ts";
import { openUnifiedReward } from "./open.ts";
import { chooseChains, pairChains } from "./rows.ts";

/** The steps that only this pipeline has, by the queue that they are on. */
export const unifiedRewardSteps = {
  control: { openUnifiedReward, judgeChains, chooseChains, pairChains } satisfies Written<UnifiedRewardSteps>,
};
