import type { Account } from "./account.ts";
import type { Table } from "./table.ts";

/** What a tracker is shown of a run; how its trainings went and its pictures lie in the run folder. */
export interface TrackInput {
  /** The recipe's block, as it was sent. */
  readonly track: unknown;
  readonly run: string;
  readonly pipeline: string;
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
}

/** Shows; "not allowed" where the worker was not started for it. */
export interface TrackSteps {
  track(input: TrackInput): Promise<"shown" | "not allowed">;
}
