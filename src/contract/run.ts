import type { ArtifactRef, PolicyRef } from "./artifact.ts";

/** What every step of a run is given: references, never data. */
export interface RunRef {
  readonly name: string;
  /** Artifact with recipe.json: the parsed recipe, every default filled in, prompt texts, digests of models. */
  readonly recipe: ArtifactRef;
  /** Where its artifacts lie. Absent in runs that were begun before stores had names; no part of any key. */
  readonly store?: StoreName;
}

/** A store, by the id that it keeps, and where the run's first step saw it: for people. */
export interface StoreName {
  readonly id: string;
  readonly path: string;
  readonly host: string;
}

/** What the first step tells the workflow: enough to steer by, small enough for history. `Own` is the pipeline's. */
export interface RunPlan<Own> {
  readonly run: RunRef;
  /** The policy that the run starts from. */
  readonly policy: PolicyRef;
  /** Its digest. */
  readonly digest: string;
  readonly limits: StepLimits;
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  /** Sentences about what is allowed but rarely meant. */
  readonly warnings: readonly string[];
  /** Are the search attributes registered in this namespace? Setting an unknown one would fail the workflow task. */
  readonly searchAttributes: boolean;
  /** What it works on, as lists know it; absent in runs that were begun before they were listed by it. */
  readonly dataset?: string;
  readonly own: Own;
}

export interface StepLimits {
  readonly maxAttempts: number;
  readonly initialIntervalSeconds: number;
  readonly heartbeatSeconds: number;
  /** Work limits; waiting for a device heartbeats but counts too, so they are generous. */
  readonly chunkSeconds: number;
  readonly trainSeconds: number;
}
