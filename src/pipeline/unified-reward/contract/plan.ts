import type { Account } from "../../../contract/account.ts";
import type { ArtifactRef, PolicyRef } from "../../../contract/artifact.ts";
import type { AskedBenchmark, Draws } from "../../../contract/benchmark.ts";
import type { ChainOwn } from "../../../contract/chain.ts";
import type { ServerBlock } from "../../../contract/server.ts";
import type { RunPlan, RunRef } from "../../../contract/run.ts";
import type { TrainJob } from "../../../contract/training.ts";

/** A training of the chain. Where it starts is what the stage before made; its rows may be made on the way. */
export interface PlannedStage {
  readonly name: "cold_start" | "rejection" | "dpo";
  readonly job: Omit<TrainJob, "init">;
}

/** Whose chains are sampled, and how often pairs are asked. */
export interface PlannedSampling {
  readonly pairs: AskedBenchmark;
  readonly draws: Omit<Draws, "from">;
  readonly fill: "none" | "right" | "both";
  readonly maxRounds: number;
  readonly maxCutShare: number;
}

/** Which right chains become rows. */
export interface Choosing {
  readonly perItem: number;
  readonly maxRightShare: number;
  /** null for all. */
  readonly rows: number | null;
}

/** Which chains become preferences. */
export interface Pairing {
  readonly perItem: number;
  /** As many of one place as of the other. */
  readonly balanced: boolean;
  readonly chosenFrom: "sampling" | "policy" | "model";
  /** chosenFrom model. */
  readonly model: PolicyRef | null;
  /** Who serves that model, where answers come from servers of the user's own. */
  readonly server?: ServerBlock;
}

export interface UnifiedRewardOwn extends ChainOwn {
  readonly stages: readonly PlannedStage[];
  readonly sampling: PlannedSampling | null;
  readonly choosing: Choosing | null;
  readonly pairing: Pairing | null;
}

export type UnifiedRewardPlan = RunPlan<UnifiedRewardOwn>;

export interface JudgeChainsInput {
  readonly run: RunRef;
  /** Who was asked, for sentences: "cold_start". */
  readonly who: string;
  readonly sampling: PlannedSampling;
  /** Index artifacts of all answers so far, a round each. */
  readonly answers: readonly ArtifactRef[];
  /** Chains that were asked for in all rounds. */
  readonly expected: number;
}

/** Chains with their verdicts. */
export interface JudgedChains {
  /** Artifact with chains.jsonl. */
  readonly ref: ArtifactRef;
  readonly account: Account;
  /** Pairs that are worth asking again; null where there are none. */
  readonly wanting: AskedBenchmark | null;
}

export interface ChooseChainsInput {
  readonly run: RunRef;
  readonly sampling: PlannedSampling;
  readonly chains: ArtifactRef;
  readonly choosing: Choosing;
}

export interface PairChainsInput {
  readonly run: RunRef;
  readonly sampling: PlannedSampling;
  /** Whose right chains are chosen, and whose wrong ones are rejected: the same artifact, or two on the same pairs. */
  readonly chosen: ArtifactRef;
  readonly rejected: ArtifactRef;
  readonly perItem: number;
  readonly balanced: boolean;
}

/** Rows to train on, made of chains. */
export interface MadeRows {
  readonly ref: ArtifactRef;
  readonly account: Account;
}

/** The steps of this pipeline that nobody else has. */
export interface UnifiedRewardSteps {
  openUnifiedReward(recipe: unknown, run: string): Promise<UnifiedRewardPlan>;
  judgeChains(input: JudgeChainsInput): Promise<JudgedChains>;
  chooseChains(input: ChooseChainsInput): Promise<MadeRows>;
  pairChains(input: PairChainsInput): Promise<MadeRows>;
}
