import type { ArtifactRef } from "../../../contract/artifact.ts";
import type { GateMode } from "../../../contract/gate.ts";
import type { RunPlan, RunRef } from "../../../contract/run.ts";
import type { TrainJob } from "../../../contract/training.ts";
import type { Ledger } from "./ledger.ts";

/** A run of the loop, and the artifact with its questions.jsonl and shards.json. */
export interface SnowballRun extends RunRef {
  readonly dataset: ArtifactRef;
}

/** What the loop steers by. Of the data it knows sizes alone. */
export interface SnowballOwn {
  readonly dataset: ArtifactRef;
  /** Training questions of each shard; a shard is an iteration. */
  readonly shards: readonly number[];
  readonly heldOut: { readonly test: number; readonly val: number };
  /** Are policies measured? Not without answers or test questions. */
  readonly evaluates: boolean;
  /** Resamples behind every interval. */
  readonly resamples: number;
  readonly chunk: { readonly questions: number; readonly window: number };
  readonly schedule: "stream" | "staged";
  readonly numRollouts: number;
  /** What a trained policy is served as. */
  readonly policies: "adapter" | "merged";
  readonly referenceViews: number;
  readonly gate: GateMode;
  readonly onNoPairs: "continue" | "stop";
  readonly rolloutsFrom: "policy" | "base";
  readonly accumulate: boolean;
  /** How each iteration trains, from its first on; without data and start, which the loop fills in. */
  readonly trainings: readonly { readonly from: number; readonly job: TrainingJob }[];
  /** Only of a single round: its file of preference pairs, relative to the worker's root. */
  readonly preferenceData?: string;
  /** Only of a single round: it is over when its pairs are made. */
  readonly stopAfterPairs?: boolean;
  /** Only of a single round: pairs of the user's own, which are trained on instead of making some. */
  readonly givenPairs?: SelectedPairs;
}

export type SnowballPlan = RunPlan<SnowballOwn>;

/** What of a training is known before the loop runs. */
export type TrainingJob = Omit<TrainJob, "init" | "data">;

/** A list of questions: one of the shards, or what is held out (test first, then val). */
export interface QuestionList {
  readonly set: "shard" | "held_out";
  /** Shard number; −1 for the held-out questions. */
  readonly shard: number;
}

/** What a set of pairs comes to; the rest stays in its artifact. */
export interface PairsSummary {
  readonly pairs: number;
  readonly weak: number;
  readonly gapMedian: number | null;
  readonly ledger: Ledger;
  readonly warnings: readonly string[];
}

/** Pairs as the store has them, with their summary. */
export interface SelectedPairs {
  readonly pairs: ArtifactRef;
  readonly summary: PairsSummary;
}
