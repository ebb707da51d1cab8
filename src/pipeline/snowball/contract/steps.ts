import type { ArtifactRef, PolicyRef } from "../../../contract/artifact.ts";
import type { CheckOwn } from "../../../contract/check.ts";
import type { Chunk } from "../../../contract/chunk.ts";
import type { Measurement } from "../../../contract/measurement.ts";
import type { RunPlan } from "../../../contract/run.ts";
import type { Ledger } from "./ledger.ts";
import type { QuestionList, SelectedPairs, SnowballPlan, SnowballRun } from "./plan.ts";
import type { Floors, IterationRow } from "./rows.ts";

/** Who proposes the instructions: a policy that is sampled, a policy read greedily, or the fixed reference views. */
export type RolloutSource = "sampled" | "greedy" | "reference";

interface OnChunk {
  readonly run: SnowballRun;
  readonly list: QuestionList;
  readonly chunk: Chunk;
}

export interface RolloutInput extends OnChunk {
  readonly policy: PolicyRef;
  readonly source: RolloutSource;
}

export interface ImagineInput extends OnChunk {
  readonly rollouts: ArtifactRef;
}

export interface ScoreInput extends OnChunk {
  readonly rollouts: ArtifactRef;
  readonly views: ArtifactRef;
}

/** What an iteration shows in the run folder. */
export interface IterationView {
  readonly run: SnowballRun;
  readonly folder: string;
  readonly iteration: number;
  /** null when the pairs are the user's own. */
  readonly labeled: ArtifactRef | null;
  readonly pairs: ArtifactRef;
  readonly accumulated: readonly ArtifactRef[];
  readonly adapter: ArtifactRef | null;
  readonly merged: ArtifactRef | null;
  /** The checkpoint of a full fine-tuning, in place of adapter and merge. */
  readonly full: ArtifactRef | null;
  readonly evaluation: ArtifactRef | null;
  /** When the round began, ms since the epoch; null while it goes on. */
  readonly began: number | null;
  readonly row: IterationRow;
  readonly ledger: Ledger;
}

/** The loop's steps that need no device. */
export interface SnowballSteps {
  openSnowball(recipe: unknown, run: string): Promise<SnowballPlan>;
  /** Its trainings, as they can be tried before anything has run. */
  checkSnowball(recipe: unknown, run: string): Promise<RunPlan<CheckOwn>>;
  referenceRollouts(input: RolloutInput): Promise<ArtifactRef>;
  selectPairs(run: SnowballRun, shard: number, labeled: ArtifactRef, policy: PolicyRef): Promise<SelectedPairs>;
  /** What a policy's answers to the held-out questions come to. */
  summariseAnswers(run: SnowballRun, answers: ArtifactRef): Promise<Measurement>;
  /** What the arms reach that no policy touches. */
  summariseReference(run: SnowballRun, answers: ArtifactRef): Promise<Floors>;
  publishIteration(view: IterationView): Promise<void>;
}

/** Steps that lease a device, by the role that the device plays. */
export interface RolloutSteps {
  rolloutChunk(input: RolloutInput): Promise<ArtifactRef>;
}
export interface ImagineSteps {
  imagineChunk(input: ImagineInput): Promise<ArtifactRef>;
}
export interface ScoreSteps {
  scoreChunk(input: ScoreInput): Promise<ArtifactRef>;
  answerChunk(input: ScoreInput): Promise<ArtifactRef>;
}
