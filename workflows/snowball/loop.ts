import type { PolicyRef } from "../../src/contract/artifact.ts";
import { addAccounts } from "../../src/contract/account.ts";
import type { Measurement } from "../../src/contract/measurement.ts";
import type { TrainData } from "../../src/contract/training.ts";
import { accountsOf, type Ledger } from "../../src/pipeline/snowball/contract/ledger.ts";
import type { SnowballOwn, SnowballRun } from "../../src/pipeline/snowball/contract/plan.ts";
import {
  type Floors,
  type IterationRow,
  iterationTable,
  iterationTitle,
} from "../../src/pipeline/snowball/contract/rows.ts";
import { type Opened, openRun } from "../stages/open.ts";

/** What a loop carries from one round to the next. */
export interface Loop extends Opened<SnowballOwn> {
  readonly run: SnowballRun;
  /** The policy that the gate left in place, and where the run folder shows its checkpoint (null: the base). */
  policy: PolicyRef;
  policyDigest: string;
  final: string | null;
  /** How it did on the held-out questions; null when nothing is measured. */
  measured: Measurement | null;
  /** Pairs of every round so far, each with the policy that sampled it. */
  readonly pairs: TrainData[];
  rows: readonly IterationRow[];
  floors: Floors | null;
}

/** Opens the run: the first step parses the recipe, reads the data, splits it and refuses what is not usable. */
export async function openLoop(input: unknown): Promise<Loop> {
  const opened = await openRun<SnowballOwn>("openSnowball", input);
  const { plan, board } = opened;
  board.stage({ title: iterationTitle(-1, plan.own.shards.length), of: plan.own.shards.length });
  return {
    ...opened,
    run: { ...plan.run, dataset: plan.own.dataset },
    policy: plan.policy,
    policyDigest: plan.digest,
    final: null,
    measured: null,
    pairs: [],
    rows: [],
    floors: null,
  };
}

/** The round begins, or one of its stages does. */
export function atRound(loop: Loop, shard: number, name: string, doing: string): void {
  loop.board.stage({ name, doing, at: shard, title: titleOf(loop, shard) });
}

export function titleOf({ plan }: Loop, shard: number): string {
  return iterationTitle(shard, plan.own.shards.length);
}

/** Shows the table as it is now. */
export function showTable(loop: Loop): void {
  loop.board.set({ tables: [iterationTable(loop.rows, loop.floors)] });
}

/** Adds a round's samples and questions to the run's accounts. */
export function account({ board }: Loop, ledger: Ledger): void {
  board.set({ accounts: addAccounts([...board.state.accounts, ...accountsOf(ledger)]) });
}
