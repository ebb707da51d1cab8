import type { Account } from "../../../contract/account.ts";
import type { ArtifactRef } from "../../../contract/artifact.ts";
import type { AskedBenchmark, Draws } from "../../../contract/benchmark.ts";
import type { ChainOwn } from "../../../contract/chain.ts";
import type { Chunk } from "../../../contract/chunk.ts";
import type { MeasuredPolicy } from "../../../contract/measurement.ts";
import type { RunPlan, RunRef } from "../../../contract/run.ts";
import type { Table } from "../../../contract/table.ts";
import type { TrainJob } from "../../../contract/training.ts";

export interface HarpOwn extends ChainOwn {
  /** Jobs of the stages by their names; what they learn from is made on the way. */
  readonly stages: readonly { readonly name: "sft" | "grpo"; readonly job: Omit<TrainJob, "init" | "data"> }[];
  /** Artifact with scenes.jsonl. */
  readonly scenes: ArtifactRef;
  /** Where images' names start, relative to the worker's root. */
  readonly images: string;
  readonly service: {
    /** Scenes that wait for an answer at once. */
    readonly window: number;
    readonly maxAttempts: number;
    /** US dollars; null: no limit. */
    readonly most: number | null;
  };
  readonly draws: Draws;
}

export type HarpPlan = RunPlan<HarpOwn>;

export interface BoughtInput {
  readonly run: RunRef;
  readonly scenes: ArtifactRef;
}

/** A chunk is one scene: each step of it is one request. */
export interface SceneInput extends BoughtInput {
  readonly images: string;
  readonly chunk: Chunk;
}

export interface PlansInput extends SceneInput {
  /** Artifact with tasks.jsonl of the scene. */
  readonly tasks: ArtifactRef;
}

/** What was answered, and what that cost in US dollars, whether it was bought now or lies in the store. */
export interface Bought {
  readonly ref: ArtifactRef;
  readonly cost: number;
}

/** Looks for answers that the store has. */
export interface BoughtSteps {
  boughtBefore(input: BoughtInput): Promise<number>;
}

/** Requests to the service. */
export interface HarpRequests {
  askTasks(input: SceneInput): Promise<Bought>;
  askPlans(input: PlansInput): Promise<Bought>;
}

export interface SplitInput {
  readonly run: RunRef;
  readonly folder: string;
  readonly scenes: ArtifactRef;
  readonly images: string;
  /** Index artifact of the plans of all scenes. */
  readonly plans: ArtifactRef;
}

/** The data of the stages, divided by scene. */
export interface PlanData {
  /** Rows of SFT. */
  readonly rows: ArtifactRef;
  /** Rows of GRPO that nothing is learned from. */
  readonly validation: ArtifactRef;
  /** Tasks to sample plans of, and tasks to measure by. */
  readonly train: AskedBenchmark;
  readonly test: AskedBenchmark;
  readonly accounts: readonly Account[];
}

export interface NegativesInput {
  readonly run: RunRef;
  readonly folder: string;
  readonly train: AskedBenchmark;
  /** Index artifact of the plans that the policy sampled. */
  readonly answers: ArtifactRef;
  /** Digest of that policy. */
  readonly by: string;
}

export interface Negatives {
  /** Rows of GRPO: every task with its negatives. */
  readonly rows: ArtifactRef;
  readonly accounts: readonly Account[];
}

export interface ResultsInput {
  readonly folder: string;
  readonly cells: readonly MeasuredPolicy[];
}

/** The steps of this pipeline that nobody else has, requests aside. */
export interface HarpSteps {
  openHarp(recipe: unknown, run: string): Promise<HarpPlan>;
  splitPlans(input: SplitInput): Promise<PlanData>;
  typeNegatives(input: NegativesInput): Promise<Negatives>;
  writeResults(input: ResultsInput): Promise<Table[]>;
}
