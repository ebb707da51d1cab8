import type { Account } from "./account.ts";
import type { ArtifactRef } from "./artifact.ts";
import type { Asking } from "./benchmark.ts";
import type { Row, Table } from "./table.ts";
import type { RunRef } from "./run.ts";

/** What a pipeline plans that trains in stages, each from what the one before made, all measured alike. */
export interface ChainOwn {
  /** Names of the stages, in their order. */
  readonly stages: readonly { readonly name: string }[];
  readonly asking: Asking;
  /** What became of the rows that were brought. */
  readonly accounts: readonly Account[];
}

/** What a stage shows of itself in the run folder. */
export interface StageView {
  readonly run: RunRef;
  /** Run folder, relative to the worker's root. */
  readonly folder: string;
  readonly stage: string;
  readonly algorithm: string;
  /** Artifact with the rows that it trained on, and their account.json. */
  readonly rows: ArtifactRef;
  /** Digest of the policy that it made. */
  readonly policy: string;
  readonly adapter: ArtifactRef | null;
  /** The policy as one checkpoint; of a full fine-tuning what was trained. */
  readonly checkpoint: ArtifactRef;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Steps of pipelines that train in stages. */
export interface ChainSteps {
  showStage(view: StageView): Promise<void>;
}

/** What a training came to; null where its algorithm reports no such number. */
export interface TrainedRow extends Row {
  readonly stage: string;
  readonly rows: number;
  readonly steps: number | null;
  /** Means over the last steps. */
  readonly loss: number | null;
  readonly reward: number | null;
  readonly kl: number | null;
  /** DPO's implicit rewards of the chosen and the rejected texts, and the difference of the two. */
  readonly chosen: number | null;
  readonly rejected: number | null;
  readonly margin: number | null;
  readonly policy: string;
}

const METRICS = {
  steps: "steps",
  loss: "loss",
  reward: "reward",
  kl: "kl",
  chosen: "reward_chosen",
  rejected: "reward_rejected",
  margin: "margin",
} as const;

/** @param metrics of a training, as its trainer calls them */
export function trainedRow(
  about: Pick<TrainedRow, "stage" | "rows" | "policy">,
  metrics: Readonly<Record<string, number>>,
): TrainedRow {
  const numbers = Object.entries(METRICS).map(([name, metric]) => [name, metrics[metric] ?? null]);
  return { ...about, ...(Object.fromEntries(numbers) as Record<keyof typeof METRICS, number | null>) };
}

const COLUMNS: Table["columns"] = [
  { name: "stage", title: "training", kind: "text" },
  { name: "rows", title: "rows", kind: "count" },
  { name: "steps", title: "steps", kind: "count" },
  { name: "loss", title: "loss", kind: "number" },
  { name: "reward", title: "reward", kind: "number" },
  { name: "kl", title: "KL", kind: "number" },
  { name: "chosen", title: "chosen reward", kind: "number" },
  { name: "rejected", title: "rejected reward", kind: "number" },
  { name: "margin", title: "margin", kind: "number" },
  { name: "policy", title: "policy", kind: "digest" },
];

/** The trainings of a run so far. */
export function trainingTable(rows: readonly TrainedRow[]): Table {
  return { columns: COLUMNS, rows };
}
