import type { PolicyRef } from "../../../contract/artifact.ts";
import type { AskedBenchmark, Serving } from "../../../contract/benchmark.ts";
import type { Account } from "../../../contract/account.ts";
import type { Measurement } from "../../../contract/measurement.ts";
import type { RunPlan, RunRef } from "../../../contract/run.ts";
import type { Table } from "../../../contract/table.ts";

/** A policy by the name that the recipe gives it. */
export interface NamedPolicy {
  readonly name: string;
  readonly policy: PolicyRef;
  readonly digest: string;
}

export interface EvaluateOwn {
  readonly policies: readonly NamedPolicy[];
  readonly benchmarks: readonly AskedBenchmark[];
  readonly serving: Serving;
  readonly chunk: { readonly questions: number; readonly window: number };
  readonly resamples: number;
}

export type EvaluatePlan = RunPlan<EvaluateOwn>;

/** One cell of the table: a policy on a benchmark. */
export interface MeasuredPolicy {
  /** By the recipe's names. */
  readonly policy: string;
  readonly digest: string;
  readonly measured: Measurement;
}

export interface TabulateInput {
  readonly run: RunRef;
  readonly folder: string;
  /** Policies in the order of the recipe; the others are compared with the first. */
  readonly cells: readonly MeasuredPolicy[];
  readonly resamples: number;
}

export interface Tabulated {
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
}

/** The steps of an evaluation that nobody else has. */
export interface EvaluateSteps {
  openEvaluate(recipe: unknown, run: string): Promise<EvaluatePlan>;
  /** Puts all that was measured so far beside each other, and shows the answers in the run folder. */
  tabulate(input: TabulateInput): Promise<Tabulated>;
}
