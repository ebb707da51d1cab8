import type { ArtifactRef } from "./artifact.ts";
import type { RunRef } from "./run.ts";

/** promote: every new policy takes its place; roll_back: not one that is measurably worse; ask: a person decides. */
export type GateMode = "promote" | "roll_back" | "ask" | "off";

export type GateDecision = "promote" | "roll_back" | "off";

/** What a person can say at a gate that asks. */
export type PersonsDecision = Extract<GateDecision, "promote" | "roll_back">;

/** Compares a named score of two measurements on the items of one split, item by item. */
export interface GateInput {
  readonly run: RunRef;
  readonly mode: Exclude<GateMode, "off">;
  /** Rows of the measurements, of the policy in place and of the new one. */
  readonly from: ArtifactRef;
  readonly to: ArtifactRef;
  readonly score: string;
  readonly split: string;
  /** Resamples of the paired bootstrap. */
  readonly resamples: number;
}

export interface Gated {
  readonly decision: PersonsDecision;
  /** What was measured of the change, as a sentence. */
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

/** Why a run stands still: a person has to choose between two policies. Counting starts at 0. */
export interface GateQuestion {
  readonly iteration: number;
  /** Digests: the policy in place, and the new one. */
  readonly from: string;
  readonly to: string;
  /** What was measured of the change, as a sentence. */
  readonly measured: string;
}

/** The argument of the update `gate`. `iteration` guards against answering a question that is over. */
export interface GateAnswer {
  readonly decision: PersonsDecision;
  readonly iteration?: number;
}
