import type { Account } from "../../../contract/account.ts";
import type { ArtifactRef } from "../../../contract/artifact.ts";
import type { Asking } from "../../../contract/benchmark.ts";
import type { CheckOwn } from "../../../contract/check.ts";
import type { RunPlan, RunRef } from "../../../contract/run.ts";
import type { TrainJob } from "../../../contract/training.ts";

/** A training of the chain. It starts from what the one before made, so that is not said here. */
export interface PlannedStage {
  /** Also the algorithm: sft, dpo or grpo. */
  readonly name: string;
  readonly job: Omit<TrainJob, "init">;
  /** Rows that it trains on. */
  readonly rows: number;
}

export interface SpatialOwn {
  readonly stages: readonly PlannedStage[];
  readonly asking: Asking;
  /** What became of the rows of every stage's data. */
  readonly accounts: readonly Account[];
}

export type SpatialPlan = RunPlan<SpatialOwn>;

/** What a stage shows of itself in the run folder. */
export interface StageView {
  readonly run: RunRef;
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  readonly stage: string;
  readonly rows: ArtifactRef;
  /** Digest of the policy that it made. */
  readonly policy: string;
  readonly adapter: ArtifactRef | null;
  /** The policy as one checkpoint; of a full fine-tuning what was trained. */
  readonly checkpoint: ArtifactRef;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The steps of this pipeline that nobody else has. */
export interface SpatialSteps {
  openSpatial(recipe: unknown, run: string): Promise<SpatialPlan>;
  /** All its trainings, as they can be tried before anything has run. */
  checkSpatial(recipe: unknown, run: string): Promise<RunPlan<CheckOwn>>;
  showStage(view: StageView): Promise<void>;
}
