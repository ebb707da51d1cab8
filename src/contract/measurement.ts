import type { ArtifactRef } from "./artifact.ts";
import type { Account } from "./account.ts";
import type { Measured, Table } from "./table.ts";

/** What a policy reached on a benchmark; rows of scores.jsonl behind it say it item by item. */
export interface Measurement {
  readonly benchmark: string;
  /** What of its settings people must know to compare the scores: "strict reader". */
  readonly variant?: string;
  /** The part of the items that `scores` speak of. */
  readonly split: string;
  /** By name, with 95 % intervals; null where nothing could be measured. */
  readonly scores: Readonly<Record<string, Measured | null>>;
  /** Items of the split. */
  readonly items: number;
  /** What became of them, by status: they add up to the items. */
  readonly counts: Readonly<Record<string, number>>;
  /** Artifact with scores.jsonl. */
  readonly rows: ArtifactRef;
}

/**
 * A line of scores.jsonl: what was measured on one item. Items of one group (a scene, a picture) are not independent:
 * they are resampled together.
 */
export interface ScoreRow {
  readonly id: string;
  readonly group: string;
  readonly type: string;
  readonly split: string;
  /** By name; null where this item could not be measured. A score that this item does not count in is absent. */
  readonly scores: Readonly<Record<string, number | null>>;
  /** Of scores that are means of parts, by name: the part that this item counts in. */
  readonly parts?: Readonly<Record<string, ScorePart>>;
}

/** A part of a score: the score is the sum of its parts' means, times their weights, which add up to 1. */
export interface ScorePart {
  readonly name: string;
  readonly weight: number;
}

/** One cell of a table of policies × benchmarks. */
export interface MeasuredPolicy {
  /** What the recipe, or the pipeline, calls the policy. */
  readonly policy: string;
  readonly digest: string;
  readonly measured: Measurement;
}

export interface TabulateInput {
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  /** Policies in the order of the table; the others are compared with the first. */
  readonly cells: readonly MeasuredPolicy[];
  readonly resamples: number;
  readonly seed: number;
  /** Share of a benchmark's answers that may be lost to the machine. */
  readonly maxQuarantinedShare: number;
}

export interface Tabulated {
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
}
