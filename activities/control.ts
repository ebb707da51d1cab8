import type { ControlSteps } from "../src/contract/steps.ts";
import type { ActivityDeps } from "./deps.ts";
import { keepDecision } from "./decision.ts";
import { gatePolicy, summariseAnswers } from "./evaluate.ts";
import { gatherChunks, gatherSpans } from "./gather.ts";
import { openRun } from "./open-run.ts";
import { selectPairs } from "./pairs.ts";
import { referenceRollouts } from "./reference.ts";
import { closeRun, publishIteration } from "./report.ts";
import { asActivity, type StepContext } from "./step.ts";

/** The steps that need no device: data, pairs, ledger, summaries, the run folder. */
export function createControlActivities(deps: ActivityDeps): ControlSteps {
  const bind = <A extends unknown[], R>(step: (deps: ActivityDeps, context: StepContext, ...args: A) => Promise<R>) =>
    asActivity<A, R>(deps, step);
  return {
    openRun: bind(openRun),
    referenceRollouts: bind(referenceRollouts),
    gatherChunks: bind(gatherChunks),
    gatherSpans: bind(gatherSpans),
    selectPairs: bind(selectPairs),
    summariseAnswers: bind(summariseAnswers),
    gatePolicy: bind(gatePolicy),
    keepDecision: bind(keepDecision),
    publishIteration: bind(publishIteration),
    closeRun: bind(closeRun),
  };
}
