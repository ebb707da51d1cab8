import type { ChainOwn } from "../../../contract/chain.ts";
import type { RunPlan } from "../../../contract/run.ts";
import type { TrainJob } from "../../../contract/training.ts";

/** A training of the chain. It starts from what the one before made, so that is not said here. */
export interface PlannedStage {
  /** Also the algorithm: sft, dpo or grpo. */
  readonly name: string;
  readonly job: Omit<TrainJob, "init">;
}

export interface SpatialOwn extends ChainOwn {
  readonly stages: readonly PlannedStage[];
}

export type SpatialPlan = RunPlan<SpatialOwn>;

/** The steps of this pipeline that nobody else has. */
export interface SpatialSteps {
  openSpatial(recipe: unknown, run: string): Promise<SpatialPlan>;
}
