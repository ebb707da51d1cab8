import type { ArtifactRef } from "./artifact.ts";
import type { ChunkResult } from "./chunk.ts";
import type { DecisionInput, Gated, GateInput, PersonsDecision } from "./gate.ts";
import type { RunResult } from "./progress.ts";
import type { RunRef } from "./run.ts";
import type { MergeInput, Trained, TrainInput } from "./training.ts";

export interface GatherInput {
  readonly run: RunRef;
  readonly chunks: readonly ChunkResult[];
  /** The link whose rows are joined, and the file in its artifacts that holds them. */
  readonly rows: { readonly link: string; readonly file: string };
}

export interface CloseInput {
  readonly result: RunResult;
  /** What `final` in the run folder leads to, relative to it; null where the run changed no policy. */
  readonly final: string | null;
}

/** Steps without a device that every pipeline can take: they run on the control queue. */
export interface ControlSteps {
  /** One index artifact for a span of chunks: rows.jsonl and chunks.json, so that history carries one reference. */
  gatherChunks(input: GatherInput): Promise<ArtifactRef>;
  /** Joins the spans of a list that has several. */
  gatherSpans(run: RunRef, spans: readonly ArtifactRef[]): Promise<ArtifactRef>;
  gatePolicy(input: GateInput): Promise<Gated>;
  /** Keeps what a person decided between two policies; the first decision stays. null: nobody decided yet. */
  keepDecision(input: DecisionInput): Promise<PersonsDecision | null>;
  closeRun(input: CloseInput): Promise<void>;
}

/** Steps that train, on the training role's devices. */
export interface TrainSteps {
  trainPolicy(input: TrainInput): Promise<Trained>;
  mergePolicy(input: MergeInput): Promise<ArtifactRef>;
}
