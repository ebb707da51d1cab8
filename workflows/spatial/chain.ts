import type { PolicyRef } from "../../src/contract/artifact.ts";
import type { MeasuredPolicy } from "../../src/contract/measurement.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { SpatialOwn } from "../../src/pipeline/spatial/contract/plan.ts";
import { type TrainedRow, trainingTable } from "../../src/pipeline/spatial/contract/table.ts";
import { closeRun } from "../stages/close.ts";
import { measureAll, putBeside } from "../stages/measure.ts";
import { type Opened, openRun } from "../stages/open.ts";

/** Where the chain stands: the policy that the next stage starts from, and what was made and measured so far. */
export interface Chain extends Opened<SpatialOwn> {
  /** What the next stage starts from: a whole checkpoint. */
  start: PolicyRef;
  /** The newest policy as it was trained and measured: an adapter on the checkpoint that its stage started from. */
  policy: PolicyRef;
  digest: string;
  cells: readonly MeasuredPolicy[];
  trained: readonly TrainedRow[];
}

/** What the table calls the policy that the run starts from. */
const START = "base";

export async function openChain(input: unknown): Promise<Chain> {
  const opened = await openRun<SpatialOwn>("openSpatial", input);
  const { policy, digest, own } = opened.plan;
  opened.board.set({ accounts: own.accounts });
  return { ...opened, start: policy, policy, digest, cells: [], trained: [] };
}

/** What every stage is compared with. */
export async function measureStart(chain: Chain): Promise<void> {
  const { policy, digest, own } = chain.plan;
  const doing = "answering the benchmarks with the policy it starts from";
  chain.board.stage({ name: "measure", doing, title: START, at: -1, of: own.stages.length });
  await measureAs(chain, START, policy, digest);
}

/** Asks a policy every benchmark, and shows it in the table. */
export async function measureAs(chain: Chain, name: string, policy: PolicyRef, digest: string): Promise<void> {
  chain.cells = [...chain.cells, ...(await measureAll(chain, { name, policy, digest }))];
  await showTables(chain);
}

/** What was measured, then what was trained; accounts of answers, then of rows. */
async function showTables(chain: Chain): Promise<void> {
  const { board, plan, cells, trained } = chain;
  const { tables, accounts } = await putBeside(chain, cells);
  const [first, ...types] = tables;
  const trainings = trained.length === 0 ? [] : [trainingTable(trained)];
  board.set({
    tables: [...(first ? [first] : []), ...trainings, ...types],
    accounts: [...plan.own.accounts, ...accounts],
  });
}

export function closeChain(chain: Chain): Promise<RunResult> {
  const { plan, policy, digest } = chain;
  const last = plan.own.stages.at(-1);
  if (last === undefined) {
    return closeRun(chain, { pipeline: "spatial", policy, digest, files: {}, final: null });
  }
  const final = `${last.name}/${last.job.settings["tuning"] === "full" ? "model_full" : "model_merged"}`;
  const files = { "Final model": `${plan.folder}/final` };
  return closeRun(chain, { pipeline: "spatial", policy, digest, files, final });
}
