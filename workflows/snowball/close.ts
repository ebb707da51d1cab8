import type { RunResult } from "../../src/contract/progress.ts";
import { closeRun } from "../stages/close.ts";
import type { Loop } from "./loop.ts";

/** Ends the loop with the policy that the gate left in place. */
export function closeLoop(loop: Loop, pipeline: string): Promise<RunResult> {
  const { plan, policy, policyDigest: digest, final } = loop;
  const { preferenceData, stopAfterPairs } = plan.own;
  if (final === null && !stopAfterPairs) loop.warnings.push("no iteration changed the policy: it is the base.");
  const files = {
    ...(preferenceData !== undefined && { Pairs: preferenceData }),
    ...(final !== null && { "Final model": `${plan.folder}/final` }),
  };
  return closeRun(loop, { pipeline, policy, digest, files, final });
}
