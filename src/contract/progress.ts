import type { Account } from "./account.ts";
import type { PolicyRef } from "./artifact.ts";
import type { GateQuestion } from "./gate.ts";
import type { RunRef } from "./run.ts";
import type { Table } from "./table.ts";

/** What a run is at, as its pipeline calls it. */
export interface Stage {
  /** One word, for lists: "label", "train". */
  readonly name: string;
  /** What happens, for a person: "training on the pairs". */
  readonly doing: string;
  /** The part of the run that it belongs to: "iteration 2 of 5 (iter_1)". Empty where there are no parts. */
  readonly title: string;
  /** That part's place, counted from 0, and how many there are: time to go is told by them. −1 before the first. */
  readonly at: number;
  readonly of: number;
}

/** How far a link of a stream is, in its own unit. */
export interface Count {
  readonly done: number;
  readonly total: number;
}

/** Where a run stands; answered by the query `progress` of the run's workflow. */
export interface RunProgress {
  readonly run: string;
  readonly stage: Stage;
  /** Workflow ids of the children that stream chunks now; each answers the query `counts`. */
  readonly children: readonly string[];
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
  /** Set while the gate waits for a person. */
  readonly asking: GateQuestion | null;
}

/** How far a child is with the chunks that it streams; the answer of the query `counts`. */
export interface StreamProgress {
  readonly title: string;
  /** By link: rollout, imagine, score. */
  readonly counts: Readonly<Record<string, Count>>;
}

/** What the workflow returns, and what `final_status.json` holds. */
export interface RunResult {
  readonly run: RunRef["name"];
  readonly pipeline: string;
  /** The policy that stays, and its digest; null where a run makes none. */
  readonly policy: PolicyRef | null;
  readonly digest: string | null;
  readonly tables: readonly Table[];
  readonly accounts: readonly Account[];
  /** What the run leaves for people, by what it is called ("Final model"): paths relative to the worker's root. */
  readonly files: Readonly<Record<string, string>>;
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  readonly warnings: readonly string[];
}
