import type { ArtifactRef, PolicyRef } from "./artifact.ts";
import type { Ledger } from "./progress.ts";

/** What every step of a run is given: references, never data. */
export interface RunRef {
  readonly name: string;
  /** Artifact with recipe.json: the parsed recipe, every default filled in, and the prompt texts. */
  readonly recipe: ArtifactRef;
  /** Artifact with questions.jsonl, shards.json and the images' digests. */
  readonly dataset: ArtifactRef;
  /** Where they lie. Absent in runs that were begun before stores had names; no part of any key. */
  readonly store?: StoreName;
}

/** A store, by the id that it keeps, and where the run's first step saw it: for people. */
export interface StoreName {
  readonly id: string;
  readonly path: string;
  readonly host: string;
}

/** What the first step tells the workflow: enough to steer by, small enough for history. */
export interface RunPlan {
  readonly run: RunRef;
  readonly base: PolicyRef;
  /** Digest of the base as a policy. */
  readonly baseDigest: string;
  readonly iterations: number;
  /** Questions per chunk, for every shard and for the held-out set. */
  readonly shards: readonly (readonly number[])[];
  readonly heldOut: readonly number[];
  /** How many of the held-out chunks, from the first, have test questions: the reference arms need no others. */
  readonly testChunks: number;
  readonly numRollouts: number;
  readonly referenceViews: number;
  readonly window: number;
  readonly schedule: "stream" | "staged";
  readonly gate: "promote" | "roll_back" | "ask" | "off";
  readonly onNoPairs: "continue" | "stop";
  readonly rolloutsFrom: "policy" | "base";
  readonly accumulate: boolean;
  readonly retries: StepLimits;
  /** Are the search attributes registered in this namespace? Setting an unknown one would fail the workflow task. */
  readonly searchAttributes: boolean;
  /** Only of a single round: its file of preference pairs, relative to the worker's root. */
  readonly preferenceData?: string;
  /** Only of a single round: it is over when its pairs are made. */
  readonly stopAfterPairs?: boolean;
  /** Only of a single round: pairs of the user's own, which are trained on instead of making some. */
  readonly givenPairs?: SelectedPairs;
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  /** Sentences about what is allowed but rarely meant. */
  readonly warnings: readonly string[];
}

export interface StepLimits {
  readonly maxAttempts: number;
  readonly initialIntervalSeconds: number;
  readonly heartbeatSeconds: number;
  /** Work limits; waiting for a device heartbeats but counts too, so they are generous. */
  readonly chunkSeconds: number;
  readonly trainSeconds: number;
}

/** Which questions a chunk step works on. */
export interface ChunkRef {
  readonly set: "shard" | "held_out";
  /** Shard number; −1 for the held-out set. */
  readonly shard: number;
  readonly index: number;
  /** Number of chunks in the set, for people. */
  readonly of: number;
  readonly questions: number;
  /** Only this question of the chunk (its place in it): how a culprit is found. */
  readonly only?: number;
  /** Questions (by place) whose model process crashed again and again, with the reason. */
  readonly poisoned?: readonly { readonly place: number; readonly reason: string }[];
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
