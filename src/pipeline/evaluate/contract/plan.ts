import type { PolicyRef } from "../../../contract/artifact.ts";
import type { Asking } from "../../../contract/benchmark.ts";
import type { RunPlan } from "../../../contract/run.ts";

/** A policy by the name that the recipe gives it. */
export interface NamedPolicy {
  readonly name: string;
  readonly policy: PolicyRef;
  readonly digest: string;
}

export interface EvaluateOwn {
  readonly policies: readonly NamedPolicy[];
  readonly asking: Asking;
}

export type EvaluatePlan = RunPlan<EvaluateOwn>;

/** The steps of an evaluation that nobody else has. */
export interface EvaluateSteps {
  openEvaluate(recipe: unknown, run: string): Promise<EvaluatePlan>;
}
