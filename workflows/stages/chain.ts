import type { ArtifactRef, PolicyRef } from "../../src/contract/artifact.ts";
import {
  type ChainOwn,
  type ChainSteps,
  trainedRow,
  type TrainedRow,
  trainingTable,
} from "../../src/contract/chain.ts";
import type { MeasuredPolicy } from "../../src/contract/measurement.ts";
import type { RunResult } from "../../src/contract/progress.ts";
import type { Trained, TrainJob } from "../../src/contract/training.ts";
import type { Account } from "../../src/contract/account.ts";
import { closeRun } from "./close.ts";
import { measureAll, putBeside } from "./measure.ts";
import { type Opened, openRun } from "./open.ts";
import { controlSteps } from "./steps.ts";
import { merge, train } from "./train.ts";

/** Where a chain of trainings stands: the policy that the next stage starts from, and what was made and measured so far. */
export interface Chain<Own extends ChainOwn = ChainOwn> extends Opened<Own> {
  /** What the next stage starts from: a whole checkpoint. */
  start: PolicyRef;
  /** The newest policy as it was trained and measured: an adapter on the checkpoint that its stage started from. */
  policy: PolicyRef;
  digest: string;
  /** Of rows, those that were brought and those that were made on the way. */
  accounts: readonly Account[];
  cells: readonly MeasuredPolicy[];
  trained: readonly TrainedRow[];
  /** What `final` leads to, relative to the run folder; null as long as nothing was trained. */
  final: string | null;
}

/** A policy that a stage has made, and what it was made by. */
export interface Candidate {
  readonly trained: Trained;
  readonly job: TrainJob;
}

/** What the table calls the policy that the run starts from. */
const START = "base";

/** @param step the pipeline's own first step */
export async function openChain<Own extends ChainOwn>(step: string, input: unknown): Promise<Chain<Own>> {
  const opened = await openRun<Own>(step, input);
  const { policy, digest, own } = opened.plan;
  opened.board.set({ accounts: own.accounts });
  const nothing = { cells: [], trained: [], final: null };
  return { ...opened, start: policy, policy, digest, accounts: own.accounts, ...nothing };
}

/** What every stage is compared with. */
export async function measureStart(chain: Chain): Promise<void> {
  const { policy, digest, own } = chain.plan;
  const doing = "answering the benchmarks with the policy it starts from";
  chain.board.stage({ name: "measure", doing, title: START, at: -1, of: own.stages.length });
  await measureAs(chain, START, policy, digest);
}

/** Trains from the checkpoint that the stage before made; that checkpoint is the reference, too. */
export async function trainStage(chain: Chain, at: number, planned: Omit<TrainJob, "init">): Promise<Candidate> {
  atStage(chain, at, "train", `training by ${planned.algorithm.toUpperCase()}`);
  const job = { ...planned, init: chain.start };
  return { trained: await train(chain, titleOf(chain, at), job), job };
}

/** The new policy as one checkpoint, from which the next stage starts. */
export async function mergeStage(chain: Chain, at: number, { trained, job }: Candidate): Promise<ArtifactRef> {
  const checkpoint = await merge(chain, titleOf(chain, at), { policy: trained.policy, job });
  chain.start = { base: checkpoint, dtype: trained.policy.dtype };
  return checkpoint;
}

/** The new policy on every benchmark, as adapter on its base: so it was trained. */
export async function measureStage(chain: Chain, at: number, { trained, job }: Candidate): Promise<void> {
  const { name } = chain.plan.own.stages[at]!;
  atStage(chain, at, "measure", "answering the benchmarks");
  const { metrics, digest } = trained;
  const rows = job.data.reduce((sum, { ref }) => sum + ref.rows, 0);
  chain.trained = [...chain.trained, trainedRow({ stage: name, rows, policy: digest }, metrics)];
  await measureAs(chain, name, trained.policy, digest);
}

/** Shows what a stage made in the run folder. */
export async function showStage(
  chain: Chain,
  at: number,
  { trained, job }: Candidate,
  checkpoint: ArtifactRef,
): Promise<void> {
  const { plan } = chain;
  const { name: stage } = plan.own.stages[at]!;
  const { policy, digest, metrics } = trained;
  chain.policy = policy;
  chain.digest = digest;
  chain.final = `${stage}/${job.settings["tuning"] === "full" ? "model_full" : "model_merged"}`;
  const rows = job.data[0]!.ref;
  const made = { rows, policy: digest, adapter: policy.adapter ?? null, checkpoint, metrics };
  const view = { run: plan.run, folder: plan.folder, stage, algorithm: job.algorithm, ...made };
  const summary = `show in the run folder · ${titleOf(chain, at)}`;
  await controlSteps<ChainSteps>(plan.limits).showStage.executeWithOptions({ summary }, [view]);
  await chain.track();
}

/** What became of rows that were made on the way. */
export function account(chain: Chain, of: Account): void {
  chain.accounts = [...chain.accounts, of];
}

export function closeChain(chain: Chain, pipeline: string): Promise<RunResult> {
  const { plan, policy, digest, final } = chain;
  const files: Record<string, string> = final === null ? {} : { "Final model": `${plan.folder}/final` };
  return closeRun(chain, { pipeline, policy, digest, files, final });
}

/** The run is at another part of a stage now. */
export function atStage(chain: Chain, at: number, name: string, doing: string): void {
  chain.board.stage({ name, doing, title: titleOf(chain, at), at, of: chain.plan.own.stages.length });
}

export function titleOf({ plan }: Chain, at: number): string {
  const { stages } = plan.own;
  return `stage ${at + 1} of ${stages.length} (${stages[at]!.name})`;
}

/** Asks a policy every benchmark, and shows it in the table. */
async function measureAs(chain: Chain, name: string, policy: PolicyRef, digest: string): Promise<void> {
  chain.cells = [...chain.cells, ...(await measureAll(chain, { name, policy, digest }))];
  await showTables(chain);
}

/** What was measured, then what was trained; accounts of rows, then of answers. */
async function showTables(chain: Chain): Promise<void> {
  const { board, cells, trained } = chain;
  const { tables, accounts } = await putBeside(chain, cells);
  const [first, ...types] = tables;
  const trainings = trained.length === 0 ? [] : [trainingTable(trained)];
  board.set({
    tables: [...(first ? [first] : []), ...trainings, ...types],
    accounts: [...chain.accounts, ...accounts],
  });
}
