import type { ArtifactRef, PolicyRef } from "./artifact.ts";
import type {
  Floors,
  GateDecision,
  IterationRow,
  Ledger,
  PersonsDecision,
  PolicyScore,
  RunResult,
} from "./progress.ts";
import type { ChunkRef, RunPlan, RunRef, SelectedPairs } from "./run.ts";

/** Who proposes the instructions: a policy that is sampled, a policy read greedily, or the fixed reference views. */
export type RolloutSource = "sampled" | "greedy" | "reference";

export interface RolloutInput {
  readonly run: RunRef;
  readonly chunk: ChunkRef;
  readonly policy: PolicyRef;
  readonly source: RolloutSource;
}

export interface ImagineInput {
  readonly run: RunRef;
  readonly chunk: ChunkRef;
  readonly rollouts: ArtifactRef;
}

export interface ScoreInput {
  readonly run: RunRef;
  readonly chunk: ChunkRef;
  readonly rollouts: ArtifactRef;
  readonly views: ArtifactRef;
}

/** The three artifacts that a chunk leaves behind. */
export interface ChunkResult {
  readonly chunk: ChunkRef;
  readonly rollouts: ArtifactRef;
  readonly views: ArtifactRef;
  /** labeled.jsonl for a shard, answers.jsonl for held-out questions. */
  readonly judged: ArtifactRef;
}

/** Pairs and the policy that sampled them; null for a file of the user's own, of which nobody knows. */
export interface SampledPairs {
  readonly pairs: ArtifactRef;
  readonly policy: PolicyRef | null;
}

export interface TrainInput {
  readonly run: RunRef;
  readonly iteration: number;
  /** Pairs of this shard and, when accumulating, of every earlier one. */
  readonly pairs: readonly SampledPairs[];
}

export interface Trained {
  readonly policy: PolicyRef;
  readonly digest: string;
  readonly loss: number | null;
}

export interface EvaluationSummary {
  readonly evaluation: ArtifactRef;
  /** On the test questions: what the report shows. */
  readonly score: PolicyScore;
  readonly floors: Floors | null;
}

export interface GateInput {
  readonly run: RunRef;
  readonly from: ArtifactRef;
  readonly to: ArtifactRef;
}

export interface Gated {
  readonly decision: GateDecision;
  readonly reason: string;
}

export interface DecisionInput {
  readonly run: RunRef;
  /** Digests of the policies to choose between. */
  readonly from: string;
  readonly to: string;
  /** What a person said; null to ask whether it was said before. */
  readonly decision: PersonsDecision | null;
}

export interface IterationView {
  readonly run: RunRef;
  readonly folder: string;
  readonly iteration: number;
  /** null when the pairs are the user's own. */
  readonly labeled: ArtifactRef | null;
  readonly pairs: ArtifactRef;
  readonly accumulated: readonly ArtifactRef[];
  readonly adapter: ArtifactRef | null;
  readonly merged: ArtifactRef | null;
  /** The checkpoint of a full fine-tuning, in place of adapter and merge. */
  readonly full?: ArtifactRef;
  readonly evaluation: ArtifactRef | null;
  readonly row: IterationRow;
  readonly ledger: Ledger;
}

export interface CloseInput {
  readonly result: RunResult;
  /** The iteration whose policy the gate left in place; −1 for the base. */
  readonly finalIteration: number;
}

/** Steps without a device: they run on the control queue. */
export interface ControlSteps {
  openRun(recipe: unknown, run: string): Promise<RunPlan>;
  referenceRollouts(input: RolloutInput): Promise<ArtifactRef>;
  gatherChunks(run: RunRef, chunks: readonly ChunkResult[]): Promise<ArtifactRef>;
  gatherSpans(run: RunRef, spans: readonly ArtifactRef[]): Promise<ArtifactRef>;
  selectPairs(run: RunRef, shard: number, labeled: ArtifactRef, policy: PolicyRef): Promise<SelectedPairs>;
  summariseAnswers(run: RunRef, answers: ArtifactRef, policy: PolicyRef | null): Promise<EvaluationSummary>;
  gatePolicy(input: GateInput): Promise<Gated>;
  /** Keeps what a person decided between two policies; the first decision stays. null: nobody decided yet. */
  keepDecision(input: DecisionInput): Promise<PersonsDecision | null>;
  publishIteration(view: IterationView): Promise<void>;
  closeRun(input: CloseInput): Promise<void>;
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
export interface TrainSteps {
  trainPolicy(input: TrainInput): Promise<Trained>;
  mergePolicy(run: RunRef, iteration: number, policy: PolicyRef): Promise<ArtifactRef>;
}
