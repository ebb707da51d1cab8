import type { ArtifactRef } from "../../src/contract/artifact.ts";
import type { Trained, TrainJob } from "../../src/contract/training.ts";
import type { PlannedStage, SpatialSteps } from "../../src/pipeline/spatial/contract/plan.ts";
import { controlSteps } from "../stages/steps.ts";
import { merge, train } from "../stages/train.ts";
import { type Chain, measureAs } from "./chain.ts";

/** A policy that a stage has made, and what it was made by. */
export interface Candidate {
  readonly trained: Trained;
  readonly job: TrainJob;
}

/** Trains from the checkpoint that the stage before made; that checkpoint is the reference, too. */
export async function trainStage(chain: Chain, at: number): Promise<Candidate> {
  const { job: planned, name } = stageAt(chain, at);
  atStage(chain, at, "train", `training by ${name.toUpperCase()}`);
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
export async function measureStage(chain: Chain, at: number, { trained }: Candidate): Promise<void> {
  const { name, rows } = stageAt(chain, at);
  atStage(chain, at, "measure", "answering the benchmarks");
  const { metrics, digest } = trained;
  const numbers = {
    steps: metrics["steps"] ?? null,
    loss: metrics["loss"] ?? null,
    reward: metrics["reward"] ?? null,
    kl: metrics["kl"] ?? null,
  };
  chain.trained = [...chain.trained, { stage: name, rows, ...numbers, policy: digest }];
  await measureAs(chain, name, trained.policy, digest);
}

/** Shows what a stage made in the run folder. */
export async function showStage(chain: Chain, at: number, made: Candidate, checkpoint: ArtifactRef): Promise<void> {
  const { plan } = chain;
  const { name, job } = stageAt(chain, at);
  const { policy, digest, metrics } = made.trained;
  chain.policy = policy;
  chain.digest = digest;
  const view = {
    run: plan.run,
    folder: plan.folder,
    stage: name,
    rows: job.data[0]!.ref,
    policy: digest,
    adapter: policy.adapter ?? null,
    checkpoint,
    metrics,
  };
  const summary = `show in the run folder · ${titleOf(chain, at)}`;
  await controlSteps<SpatialSteps>(plan.limits).showStage.executeWithOptions({ summary }, [view]);
}

function atStage(chain: Chain, at: number, name: string, doing: string): void {
  chain.board.stage({ name, doing, title: titleOf(chain, at), at, of: chain.plan.own.stages.length });
}

function titleOf(chain: Chain, at: number): string {
  return `stage ${at + 1} of ${chain.plan.own.stages.length} (${stageAt(chain, at).name})`;
}

function stageAt({ plan }: Chain, at: number): PlannedStage {
  return plan.own.stages[at]!;
}
