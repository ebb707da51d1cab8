import { StepFailure } from "../failure.ts";
import type { Algorithm } from "./algorithm.ts";
import { dpo } from "./dpo.ts";
import { grpo } from "./grpo.ts";
import { sft } from "./sft.ts";

/** The ways to make a policy, by the name in a job. A new one adds one line. */
const ALGORITHMS = { sft, dpo, grpo } as const;

/** @throws {StepFailure} BadInput for an algorithm that this version does not know */
export function algorithmOf(name: string): Algorithm {
  if (Object.hasOwn(ALGORITHMS, name)) return ALGORITHMS[name as keyof typeof ALGORITHMS] as unknown as Algorithm;
  const known = Object.keys(ALGORITHMS).join(", ");
  throw new StepFailure("BadInput", `"${name}" is no way to train that this version knows; ${known} are.`);
}
