import type { ArtifactRef, PolicyRef } from "./artifact.ts";
import type { Role } from "./queues.ts";

/** A number with the half-width of its 95 % interval. */
export interface Measured {
  readonly mean: number;
  readonly half: number;
}

/** How one policy did on the held-out test questions. `null` where nothing can be measured (no answers, unknown scene). */
export interface PolicyScore {
  readonly accuracy: Measured | null;
  readonly useful: Measured | null;
  readonly questions: number;
}

/** What an arm that no policy touches reaches, so that a gain can be judged. */
export interface Floors {
  readonly no_view: number | null;
  readonly random_view: number | null;
  readonly best_constant: { readonly name: string; readonly accuracy: number } | null;
  readonly best_constant_useful: { readonly name: string; readonly useful: number } | null;
  readonly best_view: number | null;
}

/** questions × K = view + empty + policy_failure + quarantined; questions = pairs + dropped. */
export interface Ledger {
  readonly samples: number;
  readonly view: number;
  readonly empty: number;
  readonly policy_failure: number;
  readonly quarantined: number;
  readonly questions: number;
  readonly pairs: number;
  readonly dropped: Readonly<Record<string, number>>;
}

export type GateDecision = "promote" | "roll_back" | "off" | "no_pairs";

/** What a person can say at a gate that asks. */
export type PersonsDecision = Extract<GateDecision, "promote" | "roll_back">;

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

/** One line of the table of iterations. Iteration −1 is the base policy, which has no pairs and no training. */
export interface IterationRow {
  readonly iteration: number;
  readonly pairs: number;
  readonly weak: number;
  /** Median score gap of the new pairs, in units of the score (−1 … 1). */
  readonly gap: number | null;
  readonly loss: number | null;
  readonly score: PolicyScore | null;
  /** Digest of the policy that this iteration made, and whether the gate left it in place. */
  readonly policy: string;
  readonly decision: GateDecision | null;
}

export interface RoleProgress {
  /** In units of the role: samples for rollout, views for imagine, samples for score, optimizer steps for train. */
  readonly done: number;
  readonly total: number;
}

/** Where a run stands; answered by the query `progress` of the run's workflow and of its children. */
export interface RunProgress {
  readonly run: string;
  readonly iterations: number;
  /** The iteration under way, counted from 0; −1 while the base policy is measured. */
  readonly iteration: number;
  readonly stage: "open" | "label" | "pairs" | "train" | "merge" | "evaluate" | "gate" | "close" | "done";
  /** Workflow id of the child that is streaming chunks now; ask it the same query for `roles`. */
  readonly child: string | null;
  readonly roles: Partial<Record<Role, RoleProgress>>;
  readonly table: readonly IterationRow[];
  readonly floors: Floors | null;
  readonly ledger: Ledger;
  /** Set while the gate waits for a person. */
  readonly asking?: GateQuestion | null;
}

/** What the workflow returns, and what `final_status.json` holds. */
export interface RunResult {
  readonly run: string;
  readonly policy: PolicyRef;
  readonly policy_digest: string;
  readonly merged: ArtifactRef | null;
  readonly table: readonly IterationRow[];
  readonly floors: Floors | null;
  readonly ledger: Ledger;
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  /** Of a single round: the file of preference pairs, relative to the worker's root. */
  readonly preference_data?: string;
  readonly warnings: readonly string[];
}
