import type { ArtifactRef, ModelFolder, PolicyRef } from "../../../contract/artifact.ts";
import type { Account } from "../../../contract/account.ts";
import type { Chunk } from "../../../contract/chunk.ts";
import type { RunPlan, RunRef } from "../../../contract/run.ts";
import type { Table } from "../../../contract/table.ts";

/** The trainings, in their order: each starts from what the one before made. */
export const STAGES = ["sft", "rce", "grpo"] as const;
export type StageName = (typeof STAGES)[number];

export interface SelectorOwn {
  /** Artifact with pool.jsonl, queries.jsonl and test.jsonl. */
  readonly examples: ArtifactRef;
  readonly counts: { readonly queries: number; readonly test: number };
  /** The model that scores sets of examples and answers with them. */
  readonly critic: PolicyRef;
  /** What embeds the examples; a simulated one has no folder. */
  readonly encoder: ModelFolder;
  /** Artifact with rows.jsonl: the beams of a file of the user's; null where they are searched. */
  readonly given: ArtifactRef | null;
  readonly stages: readonly StageName[];
  /** Numbers of examples that are compared. */
  readonly shots: readonly number[];
  readonly chunk: { readonly questions: number; readonly window: number };
}

export type SelectorPlan = RunPlan<SelectorOwn>;

/** What every step of this pipeline is told: the run, its examples, and who shows and judges them. */
export interface Ground {
  readonly run: RunRef;
  readonly examples: ArtifactRef;
  readonly critic: PolicyRef;
}

export interface EmbedInput extends Ground {
  readonly encoder: ModelFolder;
}

export interface BeamInput extends Ground {
  readonly embeddings: ArtifactRef;
  readonly chunk: Chunk;
}

export interface KeepBeamsInput extends Ground {
  /** Index artifact of the search, or the beams of a given file. */
  readonly rows: ArtifactRef;
}

export interface KeptBeams {
  readonly beams: ArtifactRef;
  readonly account: Account;
}

export interface TrainSelectorInput extends Ground {
  readonly stage: StageName;
  readonly embeddings: ArtifactRef;
  readonly beams: ArtifactRef;
  /** What it starts from; null for a fresh one. */
  readonly init: ArtifactRef | null;
}

export interface TrainedSelector {
  readonly selector: ArtifactRef;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Who chooses examples: a baseline without training, or what a stage made. */
export interface Method {
  readonly name: "random" | "similarity" | StageName;
  readonly selector: ArtifactRef | null;
}

export interface SelectInput extends Ground {
  readonly embeddings: ArtifactRef;
  readonly method: Method;
}

export interface AnswerInput extends Ground {
  readonly selections: ArtifactRef;
  /** How many of the chosen are shown, the first ones. */
  readonly shots: number;
  readonly chunk: Chunk;
}

/** The answers of a method with a number of shots. */
export interface Answered {
  readonly method: string;
  readonly shots: number;
  readonly answers: ArtifactRef;
}

export interface CompareInput extends Ground {
  readonly answered: readonly Answered[];
}

export interface Compared {
  readonly table: Table;
  readonly accounts: readonly Account[];
}

/** What a stage made. */
export interface StageSelector {
  readonly stage: StageName;
  readonly selector: ArtifactRef;
}

export interface ShowInput extends Ground {
  readonly folder: string;
  readonly encoder: ModelFolder;
  readonly embeddings: ArtifactRef;
  readonly beams: ArtifactRef;
  readonly answered: readonly Answered[];
  /** What every stage made, in their order; the last one is the run's. */
  readonly selectors: readonly StageSelector[];
}

/** Steps of this pipeline without a device. */
export interface SelectorSteps {
  openSelector(recipe: unknown, run: string): Promise<SelectorPlan>;
  keepBeams(input: KeepBeamsInput): Promise<KeptBeams>;
  selectExamples(input: SelectInput): Promise<ArtifactRef>;
  compareMethods(input: CompareInput): Promise<Compared>;
  showSelector(input: ShowInput): Promise<void>;
}

/** Steps on the device of whoever scores. */
export interface SelectorScoreSteps {
  searchBeams(input: BeamInput): Promise<ArtifactRef>;
  answerWithExamples(input: AnswerInput): Promise<ArtifactRef>;
}

/** Steps on the device of whoever trains. */
export interface SelectorTrainSteps {
  embedExamples(input: EmbedInput): Promise<ArtifactRef>;
  trainSelector(input: TrainSelectorInput): Promise<TrainedSelector>;
}
